"""Pages that only this site itself uses."""

from flask import Blueprint

from wsgicors.flask import same_origin

blueprint = Blueprint("admin", __name__, url_prefix="/admin")
same_origin(blueprint)


@blueprint.get("/orders")
def list_orders():
    return {"orders": []}
