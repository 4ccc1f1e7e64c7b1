-- Run once, by the superuser, when the volume is empty: the database, and its two roles. The
-- owner migrates the schema; services connect as the app role. Passwords come from the
-- environment, past every command line.
\getenv owner_password POSTGRES_OWNER_PASSWORD
\getenv app_password POSTGRES_APP_PASSWORD

create role qcexec_owner login password :'owner_password';
create role qcexec_app login password :'app_password';
create database qcexec owner qcexec_owner;

revoke all on database qcexec, postgres, template1 from public;
grant connect on database qcexec to qcexec_app;
