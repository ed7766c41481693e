"""The bundle of a run: its report and its record in one signed file that can be verified anywhere."""
