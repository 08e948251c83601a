"""
Sightline's batch layer by Airflow (2.4 or later, also 3): publish what is over, then let it leave the speed view.

The command keeps the order of epochs and its own lock, so nothing is backfilled here: a night that was missed is caught up by the next
run. Exit code 3 (nothing to do) is shown as skipped, 5 and 6 pass by themselves and are tried again, 4 fails for a person to look at.
"""

from datetime import datetime, timedelta, timezone

try:
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.sdk import DAG
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.operators.bash import BashOperator

SIGHTLINE = "cd /opt/sightline && node sightline.mjs batch"
BEGIN = datetime(2026, 1, 1, tzinfo=timezone.utc)
PATIENCE = {"retries": 5, "retry_delay": timedelta(minutes=5), "retry_exponential_backoff": True}


def step(task_id: str, arguments: str) -> BashOperator:
    return BashOperator(task_id=task_id, bash_command=f"{SIGHTLINE} {arguments}", skip_on_exit_code=3)


with DAG("sightline_batch", schedule="10 0 * * *", start_date=BEGIN, catchup=False, max_active_runs=1, default_args=PATIENCE):
    run = step("run", "run --json")
    prune = step("prune", "prune")
    # Published with differences is published: pruning follows whatever the run said.
    prune.trigger_rule = "all_done"
    run >> prune

with DAG("sightline_archive", schedule="25 * * * *", start_date=BEGIN, catchup=False, max_active_runs=1, default_args=PATIENCE):
    step("archive", "archive --json")
