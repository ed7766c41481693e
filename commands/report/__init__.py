"""What is told of a run when it is over, and of all runs together, as plain values; how it looks is the business of `bot`."""

from commands.report.charts import Panel, panels
from commands.report.delivery import Deploy, Figures, deploy_of, figures
from commands.report.report import Report, build_report

__all__ = ["Deploy", "Figures", "Panel", "Report", "build_report", "deploy_of", "figures", "panels"]
