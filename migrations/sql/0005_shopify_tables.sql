-- Everything between a store and its shop at Shopify. The domain stands in stores.shopify_domain, unique over all stores.

CREATE TABLE shopify_installs (
    store_id BIGINT NOT NULL,
    shop_gid TEXT,
    state TEXT DEFAULT 'installed' NOT NULL,
    installation BIGINT DEFAULT '1' NOT NULL,
    installed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    uninstalled_at TIMESTAMP WITH TIME ZONE,
    scopes TEXT DEFAULT '' NOT NULL,
    access_token TEXT,
    access_until TIMESTAMP WITH TIME ZONE,
    refresh_token TEXT,
    refresh_until TIMESTAMP WITH TIME ZONE,
    on_cancel TEXT DEFAULT 'tag_note' NOT NULL,
    customers_until TIMESTAMP WITH TIME ZONE,
    orders_until TIMESTAMP WITH TIME ZONE,
    reconciled_at TIMESTAMP WITH TIME ZONE,
    defined_at TIMESTAMP WITH TIME ZONE,
    lease BIGINT,
    leased_until TIMESTAMP WITH TIME ZONE,
    paused_until TIMESTAMP WITH TIME ZONE,
    succeeded_at TIMESTAMP WITH TIME ZONE,
    last_error TEXT,
    PRIMARY KEY (store_id),
    FOREIGN KEY(store_id) REFERENCES stores (store_id),
    CONSTRAINT shopify_installs_state CHECK (state in ('installed','reconnect','uninstalled')),
    CONSTRAINT shopify_installs_ended CHECK ((uninstalled_at is not null) = (state = 'uninstalled')),
    CONSTRAINT shopify_installs_no_tokens_left CHECK (state <> 'uninstalled' or (access_token is null and refresh_token is null)),
    CONSTRAINT shopify_installs_on_cancel CHECK (on_cancel in ('nothing','tag_note','refund_line','cancel_order'))
);

CREATE TABLE shopify_due (
    store_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    facts JSONB DEFAULT '{}'::jsonb NOT NULL,
    state TEXT DEFAULT 'due' NOT NULL,
    marks BIGINT DEFAULT '1' NOT NULL,
    attempts BIGINT DEFAULT '0' NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_error TEXT,
    PRIMARY KEY (store_id, kind, subject),
    FOREIGN KEY(store_id) REFERENCES stores (store_id),
    CONSTRAINT shopify_due_kind CHECK (kind in ('customer','remote_customer','calendar','order','refund','cancelled_line','import','reconcile')),
    CONSTRAINT shopify_due_state CHECK (state in ('due','failed'))
);
CREATE INDEX shopify_due_next ON shopify_due (store_id, due_at) WHERE state = 'due';

CREATE TABLE shopify_deliveries (
    store_id BIGINT NOT NULL,
    topic TEXT NOT NULL,
    webhook_id TEXT NOT NULL,
    triggered_at TIMESTAMP WITH TIME ZONE,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    body JSONB,
    state TEXT DEFAULT 'due' NOT NULL,
    attempts BIGINT DEFAULT '0' NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    applied_at TIMESTAMP WITH TIME ZONE,
    last_error TEXT,
    PRIMARY KEY (store_id, topic, webhook_id),
    FOREIGN KEY(store_id) REFERENCES stores (store_id),
    CONSTRAINT shopify_deliveries_state CHECK (state in ('due','applied','ignored','failed')),
    CONSTRAINT shopify_deliveries_body CHECK ((body is null) = (state in ('applied','ignored')))
);
CREATE INDEX shopify_deliveries_next ON shopify_deliveries (store_id, due_at) WHERE state = 'due';
CREATE INDEX shopify_deliveries_by_age ON shopify_deliveries (store_id, received_at);

CREATE TABLE shopify_customers (
    store_id BIGINT NOT NULL,
    customer_id BIGINT NOT NULL,
    agreed JSONB DEFAULT '{}'::jsonb NOT NULL,
    changed JSONB DEFAULT '{}'::jsonb NOT NULL,
    remote_updated_at TIMESTAMP WITH TIME ZONE,
    calendar_digest TEXT,
    PRIMARY KEY (store_id, customer_id),
    FOREIGN KEY(store_id, customer_id) REFERENCES customers (store_id, id)
);

CREATE TABLE shopify_erased (
    store_id BIGINT NOT NULL,
    gid_hash TEXT NOT NULL,
    erased_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (store_id, gid_hash),
    FOREIGN KEY(store_id) REFERENCES stores (store_id)
);

CREATE TABLE shopify_variants (
    store_id BIGINT NOT NULL,
    variant_gid TEXT NOT NULL,
    product_gid TEXT NOT NULL,
    service_id BIGINT NOT NULL,
    title TEXT DEFAULT '' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (store_id, variant_gid),
    FOREIGN KEY(store_id, service_id) REFERENCES services (store_id, id)
);
CREATE INDEX shopify_variants_by_service ON shopify_variants (store_id, service_id);
CREATE INDEX shopify_variants_by_product ON shopify_variants (store_id, product_gid);

CREATE TABLE shopify_order_lines (
    store_id BIGINT NOT NULL,
    line_gid TEXT NOT NULL,
    order_gid TEXT NOT NULL,
    order_name TEXT NOT NULL,
    booking_id BIGINT,
    payment_id BIGINT,
    quantity BIGINT NOT NULL,
    state TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (store_id, line_gid),
    FOREIGN KEY(store_id, booking_id) REFERENCES bookings (store_id, id),
    FOREIGN KEY(store_id, payment_id) REFERENCES payments (store_id, id),
    CONSTRAINT shopify_order_lines_state CHECK (state in ('booked','unplaced','released')),
    CONSTRAINT shopify_order_lines_booked CHECK (state <> 'booked' or booking_id is not null)
);
CREATE INDEX shopify_order_lines_by_order ON shopify_order_lines (store_id, order_gid);
CREATE INDEX shopify_order_lines_by_booking ON shopify_order_lines (store_id, booking_id) WHERE booking_id is not null;

CREATE TABLE shopify_refunds (
    store_id BIGINT NOT NULL,
    refund_gid TEXT NOT NULL,
    line_gid TEXT NOT NULL,
    refund_id BIGINT,
    amount BIGINT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (store_id, refund_gid, line_gid),
    FOREIGN KEY(store_id, line_gid) REFERENCES shopify_order_lines (store_id, line_gid),
    FOREIGN KEY(store_id, refund_id) REFERENCES refunds (store_id, id)
);
CREATE INDEX shopify_refunds_ours ON shopify_refunds (store_id, refund_id) WHERE refund_id is not null;

CREATE TABLE shopify_tasks (
    store_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    facts JSONB DEFAULT '{}'::jsonb NOT NULL,
    customer_id BIGINT,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    done_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (store_id, id),
    FOREIGN KEY(store_id) REFERENCES stores (store_id),
    FOREIGN KEY(store_id, customer_id) REFERENCES customers (store_id, id)
);
CREATE UNIQUE INDEX shopify_tasks_once ON shopify_tasks (store_id, kind, subject);
CREATE INDEX shopify_tasks_open ON shopify_tasks (store_id, created_at) WHERE done_at is null;

CREATE TABLE shopify_imports (
    store_id BIGINT NOT NULL,
    operation_gid TEXT,
    state TEXT DEFAULT 'asked' NOT NULL,
    objects BIGINT,
    staged BIGINT DEFAULT '0' NOT NULL,
    read_bytes BIGINT DEFAULT '0' NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    last_error TEXT,
    PRIMARY KEY (store_id),
    FOREIGN KEY(store_id) REFERENCES stores (store_id),
    CONSTRAINT shopify_imports_state CHECK (state in ('asked','running','reading','applying','done'))
);

CREATE TABLE shopify_staged (
    store_id BIGINT NOT NULL,
    line BIGINT NOT NULL,
    gid TEXT NOT NULL,
    body JSONB NOT NULL,
    PRIMARY KEY (store_id, line),
    FOREIGN KEY(store_id) REFERENCES stores (store_id)
);
