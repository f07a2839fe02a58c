-- Run once, by the first start of the container `postgres`, as the owner of the database. Passwords are the secrets'
-- files: psql takes away the line break at their end. What each role may do, `tts-monitor migrate` grants.
\set monitor_password `cat /run/secrets/monitor-password`
\set app_password `cat /run/secrets/app-password`
\set grafana_password `cat /run/secrets/grafana-password`

-- The exporter: its jobs and its API change tasks.
create role tts_monitor login password :'monitor_password';

-- The service itself, its workers included: its own tables, and whatever a worker writes.
create role tts_app login password :'app_password' in role tts_monitor;
grant create on schema public to tts_app;

-- Grafana has no timeout for a statement; the role has.
create role grafana login password :'grafana_password';
alter role grafana set statement_timeout = '10s';
