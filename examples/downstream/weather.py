"""The weather, for a page of one's own and for widgets on any page."""

from flask import Flask, jsonify

from wsgicors.flask import CORS, cross_origin

app = Flask(__name__)
CORS(app, allow_origins=["https://weather.example.com"], allow_headers=["Content-Type"])


@app.get("/today")
@cross_origin(allow_origins="*", expose_headers=["X-Station"])
def today():
    response = jsonify(degrees=21)
    response.headers["X-Station"] = "harbour"
    return response


@app.post("/reports")
def report():
    return jsonify(thanks=True), 201
