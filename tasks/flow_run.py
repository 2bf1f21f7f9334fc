"""The Prefect flow run that is going on, and where a person finds it."""

from __future__ import annotations

from prefect.runtime import flow_run as runtime
from prefect.settings import PREFECT_API_URL
from prefect.utilities.urls import url_for
from pydantic import BaseModel, ConfigDict

LOCAL_PREFECT_UI = "http://127.0.0.1:4200"


class FlowRun(BaseModel):
    """The Prefect flow run that a run comes from."""

    model_config = ConfigDict(frozen=True)

    id: str
    url: str

    @classmethod
    def current(cls) -> FlowRun:
        """The flow run that calls this; its page on the server, or in that of `soundcheck ui`."""
        run_id = runtime.get_id()
        if run_id is None:
            raise RuntimeError("there is no flow run; call this inside a Prefect flow")
        # A temporary server's address dies with it; its runs are seen later, in the page of `soundcheck ui`.
        url = url_for("flow-run", run_id) if PREFECT_API_URL.value() else None
        return cls(id=run_id, url=url or f"{LOCAL_PREFECT_UI}/runs/flow-run/{run_id}")
