"""What is reported about one run and about all runs, as plain values without a layout."""

from commands.report.charts import Panel, panels
from commands.report.dora import Deploy, DoraMetrics, deploy_of, dora_metrics
from commands.report.report import Report, build_report

__all__ = ["Deploy", "DoraMetrics", "Panel", "Report", "build_report", "deploy_of", "dora_metrics", "panels"]
