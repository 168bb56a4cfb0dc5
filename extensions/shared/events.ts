/** What an element holds when it tells of a change. The elements' types leave `currentTarget` open. */

const target = (event: Event) => event.currentTarget as unknown as {value?: string; values?: string[]; checked?: boolean; view?: string};

export const valueOf = (event: Event): string => target(event).value ?? '';
export const valuesOf = (event: Event): string[] => target(event).values ?? [];
export const checkedOf = (event: Event): boolean => Boolean(target(event).checked);
/** A date picker's month: typed as the month itself, sent as an event by elements. */
export const viewOf = (given: string | Event): string => (typeof given === 'string' ? given : target(given).view ?? '');
