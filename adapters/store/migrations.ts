/** The schema `tidegauge`, as numbered steps in plain SQL. A step that was released is never edited: add another. */
export const MIGRATIONS: readonly { readonly version: number; readonly sql: string }[] = [
  {
    version: 1,
    sql: `
create table tidegauge.monitor (
  id integer generated always as identity primary key,
  run text collate "C" not null,
  name text collate "C" not null,
  detector text,
  learnt_with json,
  unique (run, name)
);

-- One monitor on one partition of one stream: where it is, and who may move it. Rewritten at every commit.
create table tidegauge.lane (
  id integer generated always as identity primary key,
  monitor integer not null,
  topic text collate "C" not null,
  partition integer not null,
  identity text,
  epoch bigint not null,
  next_offset bigint,
  cursor json,
  token uuid,
  committed_at timestamptz,
  unique (monitor, topic, partition)
) with (fillfactor = 20, autovacuum_vacuum_threshold = 1000);

-- Half of each page is left free, so that the new version of a row finds place beside the old one (HOT: no index is
-- touched, the old versions are pruned in passing). States hardly compress: kept in the row up to 8 kB, as they are.
create table tidegauge.state (
  events bigint not null,
  ratio double precision not null,
  time double precision,
  updated_at timestamptz not null default now(),
  monitor integer not null,
  lane integer not null,
  status smallint not null,
  key text collate "C" not null,
  parts text,
  blob bytea not null,
  primary key (monitor, key)
) with (fillfactor = 50, toast_tuple_target = 8160);
alter table tidegauge.state alter column blob set storage external;
create index state_status on tidegauge.state (monitor, status, key);

create table tidegauge.part (
  lane integer not null,
  hash text collate "C" not null,
  bytes bytea not null,
  primary key (lane, hash)
);
alter table tidegauge.part alter column bytes set storage external;
create table tidegauge.part_use (
  lane integer not null,
  hash text collate "C" not null,
  key text collate "C" not null,
  primary key (lane, hash, key)
);

-- seq ascends in commit order: it is drawn under a lock that is held until the commit.
create table tidegauge.signal (
  seq bigint generated always as identity primary key,
  id text collate "C" not null unique,
  run text not null,
  monitor text collate "C" not null,
  detector text not null,
  key text collate "C" not null,
  kind text not null,
  severity text not null,
  index bigint not null,
  time double precision,
  score double precision,
  summary text not null,
  created_at timestamptz not null default now(),
  body json not null
);
create index signal_monitor on tidegauge.signal (monitor, seq);
create index signal_key on tidegauge.signal (monitor, key, seq);

create table tidegauge.episode (
  seq bigint generated always as identity primary key,
  id text collate "C" not null unique,
  run text not null,
  monitor text collate "C" not null,
  key text collate "C" not null,
  kind text not null,
  state text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  body json not null
);
create index episode_key on tidegauge.episode (monitor, key, seq);
create index episode_open on tidegauge.episode (seq) where state <> 'closed';

create table tidegauge.outbox (
  seq bigint generated always as identity primary key,
  id text collate "C" not null unique,
  episode text,
  signal text collate "C" not null,
  channel text not null,
  phase text not null,
  body text not null,
  state text not null default 'waiting',
  attempts integer not null default 0,
  error text,
  created_at timestamptz not null default now(),
  next_at timestamptz not null default now()
);
create index outbox_waiting on tidegauge.outbox (channel, seq) where state = 'waiting';
create index outbox_dead on tidegauge.outbox (seq) where state = 'dead';

create table tidegauge.dead_letter (
  seq bigint generated always as identity primary key,
  run text collate "C" not null,
  monitor text collate "C" not null,
  topic text collate "C" not null,
  partition integer not null,
  "offset" bigint not null,
  time double precision,
  reason text not null,
  detail text not null,
  created_at timestamptz not null default now(),
  key bytea,
  value bytea,
  unique (run, monitor, topic, partition, "offset")
);
create index dead_letter_monitor on tidegauge.dead_letter (monitor, seq);
create index dead_letter_reason on tidegauge.dead_letter (monitor, reason);

create table tidegauge.series (
  monitor integer not null,
  key text collate "C" not null,
  from_index bigint not null,
  to_index bigint not null,
  time double precision,
  ratio double precision not null,
  created_at timestamptz not null default now()
);
create index series_key on tidegauge.series (monitor, key, to_index);
create index series_age on tidegauge.series using brin (created_at);

create table tidegauge.inbox_head (monitor text collate "C" primary key, next bigint not null) with (fillfactor = 20);
create table tidegauge.inbox (
  monitor text collate "C" not null,
  sequence bigint not null,
  time double precision not null,
  body bytea not null,
  primary key (monitor, sequence)
);

create table tidegauge.command (
  id bigint generated always as identity primary key,
  run text not null,
  monitor text collate "C" not null,
  key text collate "C" not null,
  kind text not null,
  episode text,
  note text,
  created_at timestamptz not null default now(),
  -- Where it took effect; a replay applies it at the same place.
  lane integer,
  applied_offset bigint,
  applied_at timestamptz
);
create index command_pending on tidegauge.command (id) where applied_at is null;

-- Moves a lane, or fails with TG001 when it is no longer the caller's.
create function tidegauge.advance(
  a_lane integer, a_epoch bigint, a_from bigint, a_next bigint, a_cursor json, a_token uuid
) returns void language plpgsql as $$
begin
  update tidegauge.lane
    set next_offset = a_next, cursor = a_cursor, token = a_token, committed_at = clock_timestamp()
    where id = a_lane and epoch = a_epoch and next_offset is not distinct from a_from;
  if not found then
    raise exception 'fenced' using errcode = 'TG001';
  end if;
end $$;

-- Writes states of a lane. TG002: a key belongs to another lane of the monitor. TG001: a state whose fixed parts the
-- store no longer has (it was erased or aged out under its owner).
create function tidegauge.put_states(
  a_lane integer, a_keys text[], a_parts text[], a_events bigint[], a_status smallint[], a_ratio double precision[],
  a_time double precision[], a_blobs bytea[]
) returns void language plpgsql
  set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
-- The monitor is repeated in each row on purpose: were it a constant beside them, a plan that runs through all states of
-- the monitor for each row would look as good as looking each one up.
declare
  the_monitor integer := (select monitor from tidegauge.lane where id = a_lane);
  updated integer;
  inserted integer;
  other text;
begin
  update tidegauge.state s
    set events = d.events, ratio = d.ratio, time = d.time, updated_at = now(), status = d.status, parts = d.parts,
      blob = d.blob
    from (
      select the_monitor as monitor, unnest(a_keys) collate "C" as key, unnest(a_blobs) as blob,
        unnest(a_parts) as parts, unnest(a_events) as events, unnest(a_status) as status, unnest(a_ratio) as ratio,
        unnest(a_time) as time
    ) d
    where s.monitor = d.monitor and s.key = d.key and s.lane = a_lane;
  get diagnostics updated = row_count;
  if updated = cardinality(a_keys) then
    return;
  end if;
  if a_parts is not null then
    insert into tidegauge.part_use (lane, hash, key)
      select a_lane, h, d.key
      from (select the_monitor as monitor, unnest(a_keys) collate "C" as key, unnest(a_parts) as parts) d, unnest(string_to_array(d.parts, ',')) h
      where not exists (select from tidegauge.state s where s.monitor = d.monitor and s.key = d.key)
      on conflict do nothing;
    if exists (
      select from (select the_monitor as monitor, unnest(a_keys) collate "C" as key, unnest(a_parts) as parts) d,
        unnest(string_to_array(d.parts, ',')) h
      where not exists (select from tidegauge.state s where s.monitor = d.monitor and s.key = d.key)
        and not exists (select from tidegauge.part p where p.lane = a_lane and p.hash = h collate "C")
    ) then
      raise exception 'a part is gone' using errcode = 'TG001';
    end if;
  end if;
  insert into tidegauge.state (events, ratio, time, monitor, lane, status, key, parts, blob)
    select d.events, d.ratio, d.time, the_monitor, a_lane, d.status, d.key, d.parts, d.blob
    from (
      select unnest(a_keys) collate "C" as key, unnest(a_blobs) as blob, unnest(a_parts) as parts,
        unnest(a_events) as events, unnest(a_status) as status, unnest(a_ratio) as ratio, unnest(a_time) as time
    ) d
    on conflict do nothing;
  get diagnostics inserted = row_count;
  if updated + inserted < cardinality(a_keys) then
    select s.key into other from tidegauge.state s
      where s.monitor = the_monitor and s.lane <> a_lane and s.key = any (a_keys) limit 1;
    if other is null then
      raise exception 'states were deleted meanwhile' using errcode = '40001';
    end if;
    raise exception 'foreign key' using errcode = 'TG002', detail = other;
  end if;
end $$;
`,
  },
  {
    version: 2,
    sql: `
-- What a notification is about, and what became of it: alarms are grouped, held back and listed by it.
alter table tidegauge.outbox
  add column monitor text collate "C", add column detector text, add column key text collate "C",
  add column kind text collate "C", add column severity text, add column folded_into text collate "C",
  add column finished_at timestamptz;
create index outbox_episode on tidegauge.outbox (episode, channel) where episode is not null;
create index outbox_about on tidegauge.outbox (channel, monitor, key, kind, seq) where phase = 'opened';
create index outbox_folded on tidegauge.outbox (folded_into) where folded_into is not null;
`,
  },
  {
    version: 3,
    sql: `
-- Dead letters are fed again when a person asks, and told on a topic: topic_out until it was.
alter table tidegauge.dead_letter
  add column headers json, add column state text collate "C" not null default 'kept', add column replayed_at timestamptz,
  add column topic_out text, add column topic_out_at timestamptz not null default now();
create index dead_letter_asked on tidegauge.dead_letter (run, seq) where state = 'asked';
create index dead_letter_topic_out on tidegauge.dead_letter (seq) where topic_out is not null;

-- Marks what was fed again, or fails with TG001 when one of them no longer waits for it.
create function tidegauge.replay(a_seqs bigint[], a_reasons text[], a_details text[]) returns void language plpgsql as $$
declare
  marked integer;
begin
  update tidegauge.dead_letter d
    set state = case when r.reason is null then 'replayed' else 'kept' end, replayed_at = now(),
      reason = coalesce(r.reason, d.reason), detail = coalesce(r.detail, d.detail)
    from (select unnest(a_seqs) as seq, unnest(a_reasons) as reason, unnest(a_details) as detail) r
    where d.seq = r.seq and d.state = 'asked';
  get diagnostics marked = row_count;
  if marked < cardinality(a_seqs) then
    raise exception 'fed again by another' using errcode = 'TG001';
  end if;
end $$;
`,
  },
];
