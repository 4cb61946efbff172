"""What the front end shows and changes. It inherits the policy of the application."""

from flask import Blueprint, abort, request

blueprint = Blueprint("items", __name__, url_prefix="/items")
stock = {"bread": 3}


@blueprint.get("/<name>")
def get_item(name):
    if name not in stock:
        abort(404)
    return {"name": name, "stock": stock[name]}


@blueprint.put("/<name>")
def put_item(name):
    stock[name] = request.get_json()["stock"]
    return "", 204
