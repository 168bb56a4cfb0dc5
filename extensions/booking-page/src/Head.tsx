import {setting, t} from '../../shared/host';

/** The switch between list and calendar, and the merchant's note. */
export function Head({view}: {view: 'list' | 'calendar'}) {
  const note = setting<string>('note');
  return (
    <s-stack gap="base">
      {note && <s-paragraph>{note}</s-paragraph>}
      {!setting<boolean>('hide_calendar') && (
        <s-stack direction="inline" gap="small-200">
          <s-press-button pressed={view === 'list'} onClick={() => navigation.navigate('/')}>{t('list.list')}</s-press-button>
          <s-press-button pressed={view === 'calendar'} onClick={() => navigation.navigate('/calendar')}>{t('list.calendar')}</s-press-button>
        </s-stack>
      )}
    </s-stack>
  );
}

export function heading(): string {
  return setting<string>('heading') || t('list.heading');
}
