"""The bundle of a run: report and record in one signed file, verified anywhere."""
