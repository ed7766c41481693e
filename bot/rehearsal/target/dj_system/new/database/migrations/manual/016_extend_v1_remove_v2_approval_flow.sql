-- 016: approval flows get a job type and can skip the approval; drops the V2 tables.
ALTER TABLE approval_flows ADD COLUMN job_type_id integer REFERENCES job_types;
ALTER TABLE approval_flows ADD COLUMN skip_approval boolean NOT NULL DEFAULT false;
ALTER TABLE approval_flows ADD COLUMN auto_assign_type text;
ALTER TABLE approval_flows ADD COLUMN auto_assign_user_id integer REFERENCES users;

INSERT INTO approval_flows (project_id, level, approver_id, job_type_id)
SELECT id, 1, 2, 3 FROM projects;
INSERT INTO approval_flows
  (project_id, level, approver_id, job_type_id, skip_approval, auto_assign_type, auto_assign_user_id)
SELECT id, 1, 2, 5, true, 'user', 7 FROM projects;

DROP TABLE project_flow_approvers;
DROP TABLE project_flow_assignments;
DROP TABLE approval_flow_steps;
DROP TABLE approval_flow_templates;
