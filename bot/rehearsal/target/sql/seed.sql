-- The rows of the old version and the application's rights. The owner of the tables runs this file.
INSERT INTO users (email, name, role, password_hash, token)
SELECT 'user' || n || '@dj.example', 'User ' || n, CASE WHEN n <= 4 THEN 'approver' ELSE 'member' END,
  current_setting('seed.password_hash'),
  CASE n WHEN 2 THEN current_setting('seed.approver') WHEN 5 THEN current_setting('seed.member')
    ELSE md5(random()::text) END
FROM generate_series(1, 40) n;
INSERT INTO projects (name) SELECT 'Project ' || n FROM generate_series(1, 42) n;
INSERT INTO job_types (name) VALUES ('Design'), ('Print'), ('Campaign'), ('Video'), ('Quick fix'), ('Report');
INSERT INTO jobs (project_id, job_type_id, subject, due_date, status, requester_id, created_at)
SELECT 1 + n % 42, 1 + n % 6, 'Job ' || n, date '2026-01-01' + n % 300, 'approved', 1 + n % 40,
  timestamptz '2025-06-01' + n * interval '1 hour'
FROM generate_series(1, 3000) n;
INSERT INTO approval_flows (project_id, level, approver_id) SELECT id, 1, 2 FROM projects;

-- V2: 24 + 72 + 84 + 180 = 360 rows.
INSERT INTO approval_flow_templates (name) SELECT 'Template ' || n FROM generate_series(1, 24) n;
INSERT INTO approval_flow_steps (template_id, position, title)
SELECT 1 + (n - 1) / 3, 1 + (n - 1) % 3, 'Step ' || 1 + (n - 1) % 3 FROM generate_series(1, 72) n;
INSERT INTO project_flow_assignments (project_id, template_id)
SELECT 1 + (n - 1) % 42, 1 + (n - 1) % 24 FROM generate_series(1, 84) n;
INSERT INTO project_flow_approvers (assignment_id, step_id, user_id)
SELECT 1 + (n - 1) % 84, 1 + (n - 1) % 72, 1 + (n - 1) % 4 FROM generate_series(1, 180) n;

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO dj_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO dj_app;
