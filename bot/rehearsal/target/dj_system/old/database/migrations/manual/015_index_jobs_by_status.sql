-- 015: every page lists jobs by status.
CREATE INDEX jobs_status ON jobs (status);
