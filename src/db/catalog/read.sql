-- Reads what protects the data. Each row holds a kind of object, its name and its definition. `ours` is
-- true if elos owns the object or may use it. `wanted` is the required definition of a partition, because
-- `expected.txt` cannot list partitions in advance. The output is the same in PostgreSQL 14 to 18.
WITH
roles AS (SELECT oid FROM pg_roles WHERE rolname = ANY ($1)),
-- Objects that belong to an extension.
extended AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e'),
relations AS (
    SELECT c.oid, c.relkind, c.relowner, c.relacl, c.relrowsecurity, c.relforcerowsecurity, c.relispartition,
           quote_ident(c.relname) AS name,
           quote_ident(pg_get_userbyid(c.relowner)) AS owner,
           c.relname = '__diesel_schema_migrations' AS of_migrations,
           c.relowner IN (SELECT oid FROM roles)
               OR EXISTS (SELECT FROM aclexplode(c.relacl) a WHERE a.grantee IN (SELECT oid FROM roles))
               OR EXISTS (SELECT FROM pg_attribute t, aclexplode(t.attacl) a
                          WHERE t.attrelid = c.oid AND a.grantee IN (SELECT oid FROM roles)) AS ours
    FROM pg_class c
    WHERE c.relnamespace = to_regnamespace('public') AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
      AND NOT EXISTS (SELECT FROM extended f WHERE f.classid = 'pg_class'::regclass AND f.objid = c.oid)
),
functions AS (
    SELECT p.oid, p.proowner, p.proacl, p.prokind,
           format('%I(%s)', p.proname, pg_get_function_identity_arguments(p.oid)) AS name,
           quote_ident(pg_get_userbyid(p.proowner)) AS owner
    FROM pg_proc p
    WHERE p.pronamespace = to_regnamespace('public') AND p.prokind IN ('f', 'p')
      AND NOT EXISTS (SELECT FROM extended f WHERE f.classid = 'pg_proc'::regclass AND f.objid = p.oid)
      AND (p.prosecdef OR starts_with(p.proname, 'elos_') OR p.proowner IN (SELECT oid FROM roles))
),
-- Rights of roles other than the owner. A right on columns lists their names.
relation_rights AS (
    SELECT r.oid, a.grantee, a.privilege_type || CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END AS may
    FROM relations r, aclexplode(r.relacl) a WHERE a.grantee <> r.relowner
    UNION ALL
    SELECT r.oid, a.grantee,
           format('%s (%s)', a.privilege_type, string_agg(quote_ident(t.attname), ', ' ORDER BY t.attnum))
               || CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END
    FROM relations r JOIN pg_attribute t ON t.attrelid = r.oid AND NOT t.attisdropped, aclexplode(t.attacl) a
    WHERE a.grantee <> r.relowner
    GROUP BY r.oid, a.grantee, a.privilege_type, a.is_grantable
),
rights AS (
    SELECT CASE r.relkind WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END || r.name AS object, g.grantee, g.may, r.ours
    FROM relation_rights g JOIN relations r USING (oid) WHERE NOT r.relispartition
    UNION ALL
    SELECT CASE f.prokind WHEN 'p' THEN 'PROCEDURE ' ELSE 'FUNCTION ' END || f.name, a.grantee,
           a.privilege_type || CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END, true
    FROM functions f, aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) a WHERE a.grantee <> f.proowner
    UNION ALL
    -- Only the migrating login and the owner of the tables may have CREATE on the schema.
    SELECT 'SCHEMA ' || quote_ident(n.nspname), a.grantee,
           a.privilege_type || CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END, true
    FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
    WHERE n.nspname = 'public' AND a.grantee <> n.nspowner
      AND (a.grantee = 0 OR a.grantee IN (SELECT oid FROM roles)
           OR a.privilege_type = 'CREATE' AND NOT pg_has_role(a.grantee, to_regrole('elos_dono'), 'MEMBER'))
)

SELECT 'role' AS kind, quote_ident(rolname) AS object,
       concat_ws(' ',
           CASE WHEN rolcanlogin THEN 'LOGIN' ELSE 'NOLOGIN' END,
           CASE WHEN rolsuper THEN 'SUPERUSER' ELSE 'NOSUPERUSER' END,
           CASE WHEN rolcreatedb THEN 'CREATEDB' ELSE 'NOCREATEDB' END,
           CASE WHEN rolcreaterole THEN 'CREATEROLE' ELSE 'NOCREATEROLE' END,
           CASE WHEN rolreplication THEN 'REPLICATION' ELSE 'NOREPLICATION' END,
           CASE WHEN rolbypassrls THEN 'BYPASSRLS' ELSE 'NOBYPASSRLS' END) AS definition,
       true AS ours, NULL AS wanted
FROM pg_roles WHERE oid IN (SELECT oid FROM roles)

UNION ALL
SELECT DISTINCT 'membership', format('%I IN %I', pg_get_userbyid(member), pg_get_userbyid(roleid)), 'MEMBER', true, NULL
FROM pg_auth_members WHERE member IN (SELECT oid FROM roles)

UNION ALL
SELECT CASE r.relkind WHEN 'S' THEN 'sequence' WHEN 'r' THEN 'table' WHEN 'p' THEN 'table' ELSE 'view' END, r.name,
       CASE WHEN r.of_migrations THEN 'OWNER whoever migrates' ELSE 'OWNER ' || r.owner END
           || CASE r.relkind WHEN 'p' THEN ', PARTITIONED' WHEN 'm' THEN ', MATERIALIZED' WHEN 'f' THEN ', FOREIGN' ELSE '' END
           || CASE WHEN r.relkind NOT IN ('r', 'p') THEN '' WHEN r.relrowsecurity THEN ', ROW LEVEL SECURITY' ELSE ', NO ROW LEVEL SECURITY' END
           || CASE WHEN r.relforcerowsecurity THEN ', FORCED' ELSE '' END,
       r.ours, NULL
FROM relations r
WHERE NOT r.relispartition
  AND NOT (r.relkind = 'S' AND EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = r.oid AND d.deptype = 'i'))

-- Access through the parent uses the policies and rights of the parent. Direct access to a partition must
-- show no rows, so a partition has row-level security and no policies or rights.
UNION ALL
SELECT 'partition', r.name,
       concat_ws(', ', 'OWNER ' || r.owner,
           CASE WHEN r.relrowsecurity THEN 'ROW LEVEL SECURITY' ELSE 'NO ROW LEVEL SECURITY' END,
           (SELECT 'POLICY ' || string_agg(quote_ident(polname), ', POLICY ' ORDER BY polname) FROM pg_policy WHERE polrelid = r.oid),
           (SELECT 'GRANT ' || string_agg(format('%s TO %s', g.may, CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END), ', GRANT ' ORDER BY g.grantee, g.may)
            FROM relation_rights g WHERE g.oid = r.oid)),
       parent.ours,
       format('OWNER %s, ROW LEVEL SECURITY', parent.owner)
FROM relations r JOIN pg_inherits i ON i.inhrelid = r.oid JOIN relations parent ON parent.oid = i.inhparent
WHERE r.relispartition

UNION ALL
SELECT 'policy', format('%I ON %s', p.polname, r.name),
       concat_ws(' ',
           CASE WHEN p.polpermissive THEN 'AS PERMISSIVE' ELSE 'AS RESTRICTIVE' END,
           CASE p.polcmd WHEN 'r' THEN 'FOR SELECT' WHEN 'a' THEN 'FOR INSERT' WHEN 'w' THEN 'FOR UPDATE' WHEN 'd' THEN 'FOR DELETE' ELSE 'FOR ALL' END,
           'TO ' || (SELECT string_agg(CASE o WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(o)) END, ', ' ORDER BY pg_get_userbyid(o)) FROM unnest(p.polroles) o),
           'USING (' || regexp_replace(pg_get_expr(p.polqual, p.polrelid), '\s+', ' ', 'g') || ')',
           'WITH CHECK (' || regexp_replace(pg_get_expr(p.polwithcheck, p.polrelid), '\s+', ' ', 'g') || ')'),
       r.ours, NULL
FROM pg_policy p JOIN relations r ON r.oid = p.polrelid WHERE NOT r.relispartition

UNION ALL
SELECT 'function', name, 'OWNER ' || owner || E'\n' || rtrim(pg_get_functiondef(oid), E'\n'), true, NULL FROM functions

UNION ALL
SELECT 'grant', format('%s TO %s', object, CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END),
       string_agg(may, ', ' ORDER BY may), bool_or(ours), NULL
FROM rights GROUP BY object, grantee
