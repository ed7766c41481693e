-- 015: a list of jobs by status is asked for on every page.
CREATE INDEX jobs_status ON jobs (status);
