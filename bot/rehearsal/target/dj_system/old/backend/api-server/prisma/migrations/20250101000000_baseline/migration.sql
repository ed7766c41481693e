-- The schema before release 016: V1 flows without job types, and the four V2 tables.
CREATE TABLE users (
  id serial PRIMARY KEY, email text NOT NULL UNIQUE, name text NOT NULL, role text NOT NULL,
  password_hash text NOT NULL, token text NOT NULL UNIQUE
);
CREATE TABLE projects (id serial PRIMARY KEY, name text NOT NULL);
CREATE TABLE job_types (id serial PRIMARY KEY, name text NOT NULL);
CREATE TABLE jobs (
  id serial PRIMARY KEY,
  project_id integer NOT NULL REFERENCES projects,
  job_type_id integer NOT NULL REFERENCES job_types,
  subject text NOT NULL, due_date date NOT NULL, status text NOT NULL,
  requester_id integer NOT NULL REFERENCES users, assignee_id integer REFERENCES users,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE approval_flows (
  id serial PRIMARY KEY,
  project_id integer NOT NULL REFERENCES projects,
  level integer NOT NULL, approver_id integer NOT NULL REFERENCES users, is_active boolean NOT NULL DEFAULT true
);
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
