"""What everybody may read, on any page. Nobody's cookies are used for it."""

from flask import Blueprint

from wsgicors.flask import cross_origin

blueprint = Blueprint("prices", __name__, url_prefix="/prices")
cross_origin(allow_origins="*", allow_credentials=False)(blueprint)


@blueprint.get("/")
def list_prices():
    return {"bread": 2.5}
