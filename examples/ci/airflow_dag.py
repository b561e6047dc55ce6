"""An Airflow DAG that retrains only when the data drifted.

`kedge check` exits with 0 (fine), 1 (drift or a failed test), 2 (wrong options) or 3 (it could not be done).
BashOperator turns `skip_on_exit_code` into "skipped": so a quiet day skips the retraining, drift runs it, and
a check that could not be done fails the DAG.
"""
from datetime import datetime

from airflow import DAG
from airflow.operators.bash import BashOperator

CHECK = """
kedge check /data/train.parquet '/data/{{ ds }}/*.parquet' \
    --target churn --prediction prediction --model-threshold 0.05 \
    --junit /reports/{{ ds }}.xml --html /reports/{{ ds }}.html --quiet
status=$?
case $status in
    0) exit 99 ;;  # nothing to do: skip what follows
    1) exit 0 ;;   # drift: go on and retrain
    *) exit $status ;;
esac
"""

with DAG("model_check", schedule="0 6 * * *", start_date=datetime(2026, 1, 1), catchup=False):
    check = BashOperator(task_id="check", bash_command=CHECK, skip_on_exit_code=99)
    retrain = BashOperator(task_id="retrain", bash_command="python /jobs/retrain.py")
    check >> retrain
