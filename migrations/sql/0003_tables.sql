-- Money at the payment provider: accounts, saved cards, intents, what the provider told us.

CREATE TABLE payment_accounts (
    provider TEXT DEFAULT 'stripe' NOT NULL,
    account_sealed TEXT NOT NULL,
    account_hash TEXT,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    swept_to TIMESTAMP WITH TIME ZONE NOT NULL,
    sweep_at TIMESTAMP WITH TIME ZONE NOT NULL,
    store_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    PRIMARY KEY (store_id, id),
    FOREIGN KEY(store_id) REFERENCES stores (store_id),
    CONSTRAINT payment_accounts_account UNIQUE (account_hash),
    CONSTRAINT payment_accounts_provider CHECK (provider in ('stripe')),
    CONSTRAINT payment_accounts_ended CHECK ((ended_at is null) = (account_hash is not null))
);
CREATE UNIQUE INDEX payment_accounts_in_use ON payment_accounts (store_id) WHERE ended_at is null;

CREATE TABLE payers (
    account_id BIGINT NOT NULL,
    customer_id BIGINT NOT NULL,
    provider_ref TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    store_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    PRIMARY KEY (store_id, id),
    FOREIGN KEY(store_id) REFERENCES stores (store_id),
    FOREIGN KEY(store_id, account_id) REFERENCES payment_accounts (store_id, id),
    FOREIGN KEY(store_id, customer_id) REFERENCES customers (store_id, id)
);
CREATE UNIQUE INDEX payers_of ON payers (store_id, account_id, customer_id);

CREATE TABLE cards (
    customer_id BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    provider_customer TEXT NOT NULL,
    provider_ref TEXT NOT NULL,
    brand TEXT NOT NULL,
    last4 TEXT NOT NULL,
    exp_month BIGINT NOT NULL,
    exp_year BIGINT NOT NULL,
    fingerprint TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    detached_at TIMESTAMP WITH TIME ZONE,
    store_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    PRIMARY KEY (store_id, id),
    FOREIGN KEY(store_id) REFERENCES stores (store_id),
    FOREIGN KEY(store_id, customer_id) REFERENCES customers (store_id, id),
    FOREIGN KEY(store_id, account_id) REFERENCES payment_accounts (store_id, id),
    CONSTRAINT cards_face CHECK (last4 ~ '^[0-9]{4}$' and exp_month between 1 and 12 and exp_year between 2000 and 2199),
    CONSTRAINT cards_detached CHECK (detached_at is null or ended_at is not null)
);
CREATE INDEX cards_of_customer ON cards (store_id, customer_id) WHERE ended_at is null;
CREATE UNIQUE INDEX cards_provider_ref ON cards (store_id, provider_ref);

CREATE TABLE card_consents (
    card_id BIGINT NOT NULL,
    customer_id BIGINT NOT NULL,
    booking_id BIGINT NOT NULL,
    source TEXT NOT NULL,
    text_version TEXT NOT NULL,
    text TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    ip_hash TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    store_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    PRIMARY KEY (store_id, id),
    FOREIGN KEY(store_id) REFERENCES stores (store_id),
    FOREIGN KEY(store_id, card_id) REFERENCES cards (store_id, id),
    FOREIGN KEY(store_id, customer_id) REFERENCES customers (store_id, id),
    FOREIGN KEY(store_id, booking_id) REFERENCES bookings (store_id, id),
    CONSTRAINT card_consents_source CHECK (source in ('manage_portal'))
);
CREATE UNIQUE INDEX card_consents_of_booking ON card_consents (store_id, booking_id, card_id);
CREATE INDEX card_consents_of_card ON card_consents (store_id, card_id);

CREATE TABLE intents (
    kind TEXT NOT NULL,
    state TEXT DEFAULT 'open' NOT NULL,
    account_id BIGINT NOT NULL,
    customer_id BIGINT,
    booking_id BIGINT,
    payment_id BIGINT,
    card_id BIGINT,
    amount BIGINT DEFAULT '0' NOT NULL,
    currency TEXT,
    provider_ref TEXT,
    secret_hash TEXT,
    client_sealed TEXT,
    facts JSONB DEFAULT '{}'::jsonb NOT NULL,
    error TEXT,
    check_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    settled_at TIMESTAMP WITH TIME ZONE,
    store_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    PRIMARY KEY (store_id, id),
    FOREIGN KEY(store_id) REFERENCES stores (store_id),
    FOREIGN KEY(store_id, account_id) REFERENCES payment_accounts (store_id, id),
    FOREIGN KEY(store_id, customer_id) REFERENCES customers (store_id, id),
    FOREIGN KEY(store_id, booking_id) REFERENCES bookings (store_id, id),
    FOREIGN KEY(store_id, payment_id) REFERENCES payments (store_id, id),
    FOREIGN KEY(store_id, card_id) REFERENCES cards (store_id, id),
    CONSTRAINT intents_kind CHECK (kind in ('setup','deposit','charge','rehearsal')),
    CONSTRAINT intents_state CHECK (state in ('open','succeeded','failed','cancelled','returned','attention')),
    CONSTRAINT intents_amount CHECK (amount >= 0 and (kind = 'setup') = (amount = 0) and (amount = 0 or currency is not null)),
    CONSTRAINT intents_settled CHECK ((state in ('open','attention')) = (settled_at is null))
);
CREATE INDEX intents_check ON intents (store_id, check_at) WHERE check_at is not null;
CREATE INDEX intents_of_booking ON intents (store_id, booking_id) WHERE booking_id is not null;
CREATE UNIQUE INDEX intents_payment ON intents (store_id, payment_id) WHERE payment_id is not null;
CREATE UNIQUE INDEX intents_provider_ref ON intents (store_id, provider_ref) WHERE provider_ref is not null;
CREATE UNIQUE INDEX intents_secret ON intents (store_id, secret_hash) WHERE secret_hash is not null;

CREATE TABLE refund_intents (
    refund_id BIGINT NOT NULL,
    line_id BIGINT NOT NULL,
    payment_id BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    attempt BIGINT DEFAULT '1' NOT NULL,
    amount BIGINT NOT NULL,
    state TEXT DEFAULT 'intended' NOT NULL,
    origin TEXT DEFAULT 'ours' NOT NULL,
    provider_ref TEXT,
    error TEXT,
    check_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    settled_at TIMESTAMP WITH TIME ZONE,
    store_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    PRIMARY KEY (store_id, id),
    FOREIGN KEY(store_id) REFERENCES stores (store_id),
    FOREIGN KEY(store_id, refund_id) REFERENCES refunds (store_id, id),
    FOREIGN KEY(store_id, line_id) REFERENCES refund_lines (store_id, id),
    FOREIGN KEY(store_id, payment_id) REFERENCES payments (store_id, id),
    FOREIGN KEY(store_id, account_id) REFERENCES payment_accounts (store_id, id),
    CONSTRAINT refund_intents_amount CHECK (amount >= 0 and attempt >= 1),
    CONSTRAINT refund_intents_state CHECK (state in ('intended','pending','succeeded','failed')),
    CONSTRAINT refund_intents_origin CHECK (origin in ('ours','outside')),
    CONSTRAINT refund_intents_settled CHECK ((state in ('succeeded','failed')) = (settled_at is not null))
);
CREATE UNIQUE INDEX refund_intents_attempt ON refund_intents (store_id, line_id, attempt);
CREATE INDEX refund_intents_check ON refund_intents (store_id, check_at) WHERE check_at is not null;
CREATE UNIQUE INDEX refund_intents_live ON refund_intents (store_id, line_id) WHERE state <> 'failed';
CREATE INDEX refund_intents_of_payment ON refund_intents (store_id, payment_id);
CREATE INDEX refund_intents_of_refund ON refund_intents (store_id, refund_id);
CREATE UNIQUE INDEX refund_intents_provider_ref ON refund_intents (store_id, provider_ref) WHERE provider_ref is not null;

CREATE TABLE stripe_events (
    store_id BIGINT NOT NULL,
    id BIGINT GENERATED BY DEFAULT AS IDENTITY,
    event_id TEXT NOT NULL,
    topic TEXT NOT NULL,
    object_id TEXT NOT NULL,
    parent TEXT,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    state TEXT DEFAULT 'due' NOT NULL,
    attempts BIGINT DEFAULT '0' NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    error TEXT,
    PRIMARY KEY (store_id, id),
    FOREIGN KEY(store_id) REFERENCES stores (store_id),
    CONSTRAINT stripe_events_state CHECK (state in ('due','done','failed'))
);
CREATE INDEX stripe_events_due ON stripe_events (store_id, due_at) WHERE state = 'due';
CREATE UNIQUE INDEX stripe_events_event ON stripe_events (store_id, event_id);

