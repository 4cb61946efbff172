"""A service with many customers, each of whom lets in origins of its own."""

import os

import click
from flask import Flask, request
from sqlalchemy import Column, MetaData, String, Table, create_engine, delete, insert, select

from wsgicors import OriginCache
from wsgicors.flask import CORS
from wsgicors.invalidation import InvalidationError, RedisInvalidation

metadata = MetaData()
origins = Table(
    "origins",
    metadata,
    Column("tenant", String(63), primary_key=True),
    Column("origin", String(512), primary_key=True),
)


def create_app(database_url=None, redis_url=None):
    """Make the application; what is not given stands in the environment."""
    app = Flask(__name__)
    database_url = database_url or os.environ.get("DATABASE_URL", "sqlite:///tenants.db")
    engine = create_engine(database_url)
    metadata.create_all(engine)
    customers = origins_of_customers(engine, redis_url or os.environ.get("REDIS_URL"))
    CORS(app, allow_origins=customers, allow_credentials=True)
    add_views(app)
    add_commands(app, engine, customers)
    return app


def origins_of_customers(engine, redis_url):
    """Who is let in where, as a question to the database whose answers are remembered."""

    def is_allowed(origin, tenant):
        row = select(origins).filter_by(origin=origin, tenant=tenant)
        with engine.connect() as connection:
            return connection.execute(row).first() is not None

    return OriginCache(
        is_allowed,
        seconds=300,
        key=lambda environ: tenant_of(environ.get("HTTP_HOST", "")),
        stale_seconds=3600,
        invalidation=RedisInvalidation(redis_url) if redis_url else None,
    )


def tenant_of(host):
    """Whose host it is: the customer's name is its first part."""
    return host.partition(".")[0].lower()


def add_views(app):
    """What customers' front ends use."""

    @app.get("/profile")
    def get_profile():
        return {"tenant": tenant_of(request.host)}


def add_commands(app, engine, customers):
    """What the people who run the service use. They tell the workers when the change is committed."""

    @app.cli.command()
    @click.argument("tenant")
    @click.argument("origin")
    def allow(tenant, origin):
        """Let an ORIGIN in at a TENANT."""
        change(insert(origins).values(tenant=tenant, origin=origin), tenant, origin)

    @app.cli.command()
    @click.argument("tenant")
    @click.argument("origin")
    def revoke(tenant, origin):
        """Let an ORIGIN in no longer."""
        change(delete(origins).filter_by(tenant=tenant, origin=origin), tenant, origin)

    def change(statement, tenant, origin):
        with engine.begin() as connection:
            connection.execute(statement)
        try:
            customers.invalidate(origin, key=tenant)
        except InvalidationError as error:
            raise click.ClickException(f"the change is made, but not told: {error}") from error
