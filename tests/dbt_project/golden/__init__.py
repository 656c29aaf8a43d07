"""Every mart of three small dealerships, row for row: `<night>/<table>.csv`, checked by hand.

python -m tests.dbt_project.golden     write them anew; then read the difference as a reviewer would
"""
