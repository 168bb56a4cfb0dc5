import {useState} from 'preact/hooks';

import {changeProfile, decision, readProfile} from '../../shared/api';
import {checkedOf, valueOf} from '../../shared/events';
import {host, t} from '../../shared/host';
import {fault, useLoad} from '../../shared/load';
import {Notice} from '../../shared/Notice';
import type {Channel, Kind, Profile} from '../../shared/types';

const CHANNELS: Channel[] = ['email', 'sms'];
const KINDS: Kind[] = ['transactional', 'reminders', 'offers', 'marketing'];

/** Name, phone, language and messages. The e-mail address is the account's own and changed there. */
export function ProfilePage() {
  const {state, reload} = useLoad(readProfile, 'profile');
  return (
    <s-page heading={t('profile.heading')}>
      <s-button slot="breadcrumb-actions" href="/" accessibilityLabel={t('booking.back')}>{t('booking.back')}</s-button>
      <Notice state={state} reload={reload} />
      {state.kind === 'ready' && <Form profile={state.value} />}
    </s-page>
  );
}

function Form({profile}: {profile: Profile}) {
  const [wanted, setWanted] = useState(profile);
  const [key, setKey] = useState(decision);
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [failed, setFailed] = useState<string>();
  const [busy, setBusy] = useState(false);

  // From the newest state, not the one drawn last: two fields may change before the next drawing.
  function change(fields: Partial<Profile>) {
    setWanted((old) => ({...old, ...fields}));
    setKey(decision());
  }

  function choose(channel: Channel, kind: Kind, on: boolean) {
    setWanted((old) => ({...old, preferences: {...old.preferences, [channel]: {...old.preferences[channel], [kind]: on}}}));
    setKey(decision());
  }

  async function save() {
    setBusy(true);
    setErrors({});
    setFailed(undefined);
    try {
      const {name, phone, locale, preferences} = wanted;
      setWanted(await changeProfile({name, phone: phone || null, locale, preferences}, key));
      await host().toast.show(t('profile.saved'));
    } catch (error) {
      const found = fault(error);
      const wrong = found.kind === 'refused' ? found.problem.errors ?? [] : [];
      setErrors(Object.fromEntries(wrong.map((e) => [e.field, e.problem])));
      if (wrong.length === 0) setFailed(found.kind === 'refused' ? found.problem.detail ?? '' : t('common.failedText'));
    } finally {
      setKey(decision());
      setBusy(false);
    }
  }

  return (
    <s-stack gap="large">
      {failed !== undefined && <s-banner tone="critical" heading={t('profile.notSaved')}><s-text>{failed}</s-text></s-banner>}
      <s-section heading={t('profile.you')}>
        <s-stack gap="base">
          <s-text-field label={t('profile.name')} value={wanted.name} error={errors.name} onInput={(event) => change({name: valueOf(event)})}></s-text-field>
          <s-phone-field label={t('profile.phone')} value={wanted.phone ?? ''} error={errors.phone}
            onInput={(event) => change({phone: valueOf(event)})}></s-phone-field>
          <s-text color="subdued">{t('profile.address', {email: wanted.email ?? ''})} <s-link href="shopify:customer-account/profile">{t('profile.account')}</s-link></s-text>
          {wanted.languages.length > 1 && (
            <s-select label={t('profile.language')} value={wanted.locale ?? ''} onChange={(event) => change({locale: valueOf(event) || null})}>
              <s-option value="">{t('profile.anyLanguage')}</s-option>
              {wanted.languages.map((language) => <s-option key={language.id} value={language.id}>{language.name}</s-option>)}
            </s-select>
          )}
        </s-stack>
      </s-section>
      {CHANNELS.map((channel) => (
        <s-section key={channel} heading={t(`profile.${channel}`)}>
          <s-stack gap="base">
            {KINDS.map((kind) => (
              <s-checkbox key={kind} label={t(`profile.${kind}`)} checked={wanted.preferences[channel][kind]}
                onChange={(event) => choose(channel, kind, checkedOf(event))}></s-checkbox>
            ))}
            {channel === 'email' && errors.preferences && <s-text tone="critical">{errors.preferences}</s-text>}
          </s-stack>
        </s-section>
      ))}
      <s-button id="save" variant="primary" loading={busy} onClick={() => void save()}>{t('profile.save')}</s-button>
    </s-stack>
  );
}
