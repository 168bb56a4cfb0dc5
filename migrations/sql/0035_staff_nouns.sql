-- What the shop calls its people, by language (A94, R46); `staff_noun` stays the word in its own, which the release before reads and writes.
alter table stores add column staff_nouns jsonb default '{}'::jsonb not null;
alter table stores add constraint stores_staff_nouns check (
  jsonb_typeof(staff_nouns) = 'object' and staff_nouns - array['en', 'de', 'fr', 'es', 'ar'] = '{}'::jsonb
  and not jsonb_path_exists(staff_nouns, '$.* ? (@.type() != "string" || !(@ like_regex "^.{1,80}$"))'));
