import {t} from './host';
import type {Loaded} from './load';

/** Loading, failed, refused, or not signed in; nothing when there is something to show. */
export function Notice({state, reload}: {state: Loaded<unknown>; reload: () => void}) {
  if (state.kind === 'loading') {
    return <s-skeleton-paragraph content={t('common.loading')}></s-skeleton-paragraph>;
  }
  if (state.kind === 'refused') {
    const known = state.problem.status === 401 ? 'common.signIn' : state.problem.status === 404 ? 'common.notFound' : 'common.refused';
    return (
      <s-banner tone={state.problem.status === 401 ? 'info' : 'warning'} heading={t(known)}>
        <s-text>{state.problem.detail ?? ''}</s-text>
      </s-banner>
    );
  }
  if (state.kind === 'failed') {
    return (
      <s-banner tone="critical" heading={t('common.failed')}>
        <s-stack gap="base">
          <s-text>{t('common.failedText')}</s-text>
          <s-button variant="secondary" onClick={reload}>{t('common.retry')}</s-button>
        </s-stack>
      </s-banner>
    );
  }
  return null;
}
