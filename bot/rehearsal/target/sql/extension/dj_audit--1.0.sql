-- Records every committed CREATE, ALTER and DROP: which transaction, which client, which object.
CREATE SCHEMA audit;
CREATE TABLE audit.ddl (
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  transaction bigint NOT NULL DEFAULT txid_current(),
  application text NOT NULL DEFAULT current_setting('application_name'),
  role text NOT NULL DEFAULT session_user,
  tag text NOT NULL, object text NOT NULL
);

CREATE FUNCTION audit.record_command() RETURNS event_trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  INSERT INTO audit.ddl (tag, object)
  SELECT command_tag, coalesce(object_identity, '') FROM pg_event_trigger_ddl_commands();
END $$;

CREATE FUNCTION audit.record_drop() RETURNS event_trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  INSERT INTO audit.ddl (tag, object)
  SELECT 'DROP ' || upper(object_type), object_identity FROM pg_event_trigger_dropped_objects()
  WHERE object_type IN ('table', 'table column');
END $$;

CREATE EVENT TRIGGER audit_commands ON ddl_command_end EXECUTE FUNCTION audit.record_command();
CREATE EVENT TRIGGER audit_drops ON sql_drop EXECUTE FUNCTION audit.record_drop();
