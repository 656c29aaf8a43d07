"""The renewal board for Apache Superset, as a bundle that Superset imports: connection, datasets, charts, dashboard.

charts.yaml says which charts there are; what columns and KPIs are called and how a KPI is calculated comes from the
declarations beside the marts, so that Superset, extracts and pages say the same.
"""
