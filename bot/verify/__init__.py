"""`gonogo verify`: whether a state file, a run or a bundle was changed from outside."""
