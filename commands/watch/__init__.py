"""The watch: alerts and their countdowns, verdicts on checks, and the GO / NO-GO criteria."""
