-- Rollback of 016: creates the V2 tables EMPTY; their rows are only in the backup made before 016.
CREATE TABLE approval_flow_templates (
  id serial PRIMARY KEY, name text NOT NULL, is_active boolean NOT NULL DEFAULT true
);
CREATE TABLE approval_flow_steps (
  id serial PRIMARY KEY,
  template_id integer NOT NULL REFERENCES approval_flow_templates,
  position integer NOT NULL, title text NOT NULL
);
CREATE TABLE project_flow_assignments (
  id serial PRIMARY KEY,
  project_id integer NOT NULL REFERENCES projects,
  template_id integer NOT NULL REFERENCES approval_flow_templates
);
CREATE TABLE project_flow_approvers (
  id serial PRIMARY KEY,
  assignment_id integer NOT NULL REFERENCES project_flow_assignments,
  step_id integer NOT NULL REFERENCES approval_flow_steps,
  user_id integer NOT NULL REFERENCES users
);

GRANT SELECT, INSERT, UPDATE, DELETE
  ON approval_flow_templates, approval_flow_steps, project_flow_assignments, project_flow_approvers TO dj_app;
GRANT USAGE, SELECT
  ON SEQUENCE approval_flow_templates_id_seq, approval_flow_steps_id_seq,
  project_flow_assignments_id_seq, project_flow_approvers_id_seq TO dj_app;

DELETE FROM approval_flows WHERE job_type_id IS NOT NULL;
ALTER TABLE approval_flows DROP COLUMN auto_assign_user_id;
ALTER TABLE approval_flows DROP COLUMN auto_assign_type;
ALTER TABLE approval_flows DROP COLUMN skip_approval;
ALTER TABLE approval_flows DROP COLUMN job_type_id;
