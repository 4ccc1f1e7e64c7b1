"""The page at /docs, with everything that it loads.

A cluster may have no way to the CDN that such pages usually load from, so the
scripts come from a package. Links are relative: behind a proxy this process knows
neither the scheme nor the prefix under which it is seen.
"""

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

_ASSETS = ("fastapi_swagger", "resources")


def install(app: FastAPI) -> None:
    """Serve the page and its assets; `app` is made without FastAPI's own."""
    page = get_swagger_ui_html(
        openapi_url="openapi.json",
        title=app.title,
        swagger_js_url="swagger/swagger-ui-bundle.js",
        swagger_css_url="swagger/swagger-ui.css",
        swagger_favicon_url="swagger/favicon-32x32.png",
    )

    @app.get("/docs", include_in_schema=False)
    async def documentation() -> HTMLResponse:
        return page

    app.mount("/swagger", StaticFiles(packages=[_ASSETS]), name="swagger")
