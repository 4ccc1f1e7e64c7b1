select version, min_compatible from qcexec.schema_version;
