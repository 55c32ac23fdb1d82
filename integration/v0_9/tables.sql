-- The tables as version 0.9.0 created them for the stream routes, with the comment that has their schema version.
CREATE TABLE IF NOT EXISTS "routes_table" (
  "user_id" INT NOT NULL,
  "timestamp" DOUBLE PRECISION NOT NULL,
  "latitude" DOUBLE PRECISION NOT NULL,
  "longitude" DOUBLE PRECISION NOT NULL
);
CREATE TABLE IF NOT EXISTS consumer_progress (
  group_id TEXT NOT NULL,
  topic TEXT NOT NULL,
  partition INTEGER NOT NULL,
  next_offset BIGINT NOT NULL,
  topic_id UUID,
  PRIMARY KEY (group_id, topic, partition)
);
CREATE TABLE IF NOT EXISTS rejected_records (
  topic TEXT NOT NULL,
  partition INTEGER NOT NULL,
  "offset" BIGINT NOT NULL,
  key BYTEA,
  value BYTEA,
  reason TEXT NOT NULL,
  detail TEXT NOT NULL,
  rejected_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  PRIMARY KEY (topic, partition, "offset")
);
COMMENT ON TABLE consumer_progress IS 'schema version 2, compatible with 1';
