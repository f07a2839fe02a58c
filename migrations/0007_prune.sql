-- Up Migration

-- Texts that are gone: finding them must not cost a walk over all texts. Their columns being in an index, a change
-- of a text's state is no longer an update in place; the fold pays for that, and no writer does.
create index text_states_gone on tts_monitor.text_states (text_id) where alive = 0 and valid_audios = 0;
