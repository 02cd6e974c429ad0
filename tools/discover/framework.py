"""Which tables hold a framework's own records rather than the application's, and why."""

from __future__ import annotations

import re

from ferryman.domain.schema import Table, TableKind

LEDGER_PREFIX = "ferryman_"

#: Table name (whole, without case) -> columns that must all be there -> what the table is, in words.
#: Names that an application may well use itself carry columns; names that only a framework uses carry none.
_RULES: tuple[tuple[str, str, str], ...] = (
    (r"django_migrations|south_migrationhistory", "", "Django's record of schema migrations"),
    (r"django_session", "", "Django's login sessions"),
    (r"django_content_type|auth_permission", "", "Django's own list, which its migrate command fills"),
    (r"django_admin_log", "", "the change log of Django's admin pages"),
    (r".*", "cache_key value expires", "a cache of Django"),
    (r"schema_migrations|ar_internal_metadata", "", "Rails' record of schema migrations"),
    (r"solid_(queue|cache|cable)_.*", "", "Rails' jobs, cache and messages"),
    (r"sessions", "session_id data", "login sessions of a web framework"),
    (r"alembic_version(_.*)?", "version_num", "Alembic's record of schema migrations"),
    (r"(migrate_version|aerich)", "version", "a record of schema migrations"),
    (r"_?yoyo_(migration|log|lock|version)", "", "yoyo's record of schema migrations"),
    (r"flyway_schema_history|schema_version", "installed_rank", "Flyway's record of schema migrations"),
    (r"databasechangelog(lock)?", "id", "Liquibase's record of schema migrations"),
    (r"knex_migrations(_lock)?", "", "Knex's record of schema migrations"),
    (r"sequelize(meta|data)", "name", "Sequelize's record of schema migrations"),
    (r"_prisma_migrations", "", "Prisma's record of schema migrations"),
    (r"__drizzle_migrations|kysely_migration(_lock)?|mikro_orm_migrations", "", "a record of schema migrations"),
    (r"migrations", "timestamp name", "TypeORM's record of schema migrations"),
    (r"typeorm_metadata", "", "TypeORM's own records"),
    (r"migrations", "migration batch", "Laravel's record of schema migrations"),
    (r"sessions", "payload last_activity", "Laravel's login sessions"),
    (r"cache", "key value expiration", "Laravel's cache"),
    (r"cache_locks", "key owner expiration", "Laravel's cache"),
    (r"jobs", "queue payload attempts", "Laravel's queue of background jobs"),
    (r"failed_jobs", "connection queue payload exception", "Laravel's queue of background jobs"),
    (r"job_batches", "total_jobs pending_jobs", "Laravel's queue of background jobs"),
    (r"password_reset(s|_tokens)", "email token", "links for new passwords, which expire"),
    (r"telescope_.*", "", "Laravel's debugging records"),
    (r"doctrine_migration_versions|migration_versions", "version", "Doctrine's record of schema migrations"),
    (r"messenger_messages", "body headers queue_name", "Symfony's queue of messages"),
    (r"__efmigrationshistory|__migrationhistory", "migrationid", "Entity Framework's record of schema migrations"),
    (r"phinxlog|cake_.*_phinxlog", "version", "Phinx' record of schema migrations"),
    (r"migration", "version apply_time", "Yii's record of schema migrations"),
    (r"goose_db_version|gorp_migrations|_sqlx_migrations", "", "a record of schema migrations"),
    (r"__diesel_schema_migrations|refinery_schema_history", "", "a record of schema migrations"),
    (r"schema_info", "version", "Sequel's record of schema migrations"),
    (r"celery_task(set)?meta|django_celery_results_.*", "", "Celery's records of background jobs"),
    (r"android_metadata|room_master_table", "", "Android's own record"),
    (r"z_(metadata|primarykey|modelcache)", "", "Core Data's own record"),
    (r"geometry_columns|spatial_ref_sys", "", "a list of the geometry extension"),
    (r"_litestream_(seq|lock)", "", "Litestream's replication record"),
)
_COMPILED = tuple((re.compile(name), frozenset(columns.split()), reason) for name, columns, reason in _RULES)


def kind_of(table: Table) -> tuple[TableKind, str]:
    """The kind of a base table, and why it is left out ("" for one that holds data)."""
    name = table.name.lower()
    if name.startswith(LEDGER_PREFIX):
        return TableKind.LEDGER, "Ferryman's own records"
    columns = {column.name.lower() for column in table.columns}
    for pattern, needed, reason in _COMPILED:
        if needed <= columns and pattern.fullmatch(name):
            return TableKind.FRAMEWORK, reason
    return TableKind.DATA, ""
