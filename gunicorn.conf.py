"""How the web processes run; gunicorn reads this file by itself. Options of the command line win."""

import gc

worker_class = "operation.web_worker.WebWorker"
threads = 8
graceful_timeout = 30
limit_request_line = 8190  # the most there can be; for a longer one operation/web_worker.py asks the application what to answer
control_socket_disable = True

# The application is loaded once and its pages of memory are shared by all workers: a worker's own share is half of what it was.
# Nothing is connected before the fork (tests/contract/test_operation.py).
preload_app = True


def when_ready(server):  # noqa: ANN001, ANN201
    """What is loaded now stays: the collector need not visit it, and so does not copy its pages into every worker. What a page makes
    goes when it is sent, some thousands of objects: to look for cycles after each 700 is work for nothing."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)
