"""Tests of the Web API's methods through slack_sdk."""
