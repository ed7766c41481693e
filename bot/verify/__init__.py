"""`gonogo verify`: whether a record, a run or a bundle was changed from outside."""
