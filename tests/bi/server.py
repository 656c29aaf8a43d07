"""Apache Superset as an administrator sets it up, in one process: tables of its own, roles, a first user, the web server.

Run by the Python of .venv-superset: `python server.py PORT PASSWORD`, with SUPERSET_CONFIG_PATH set.
"""

from __future__ import annotations

import sys

from flask_migrate import upgrade
from superset.app import create_app

if __name__ == "__main__":
    port, password = int(sys.argv[1]), sys.argv[2]
    app = create_app()
    with app.app_context():
        from superset.extensions import appbuilder

        upgrade()
        manager = appbuilder.sm
        appbuilder.add_permissions(update_perms=True)
        manager.sync_role_definitions()
        manager.add_user(
            "admin", "admin", "admin", "admin@dealer.example", manager.find_role("Admin"), password=password
        )
    app.run(host="127.0.0.1", port=port, threaded=True)
