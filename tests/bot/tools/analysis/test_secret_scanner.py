"""Secrets are found by their kind, and long words are not taken for secrets."""

from __future__ import annotations

import pytest

from bot.tools.analysis import secret_scanner
from bot.tools.analysis.secret_assignment import KIND
from bot.tools.analysis.secret_scanner import secrets
from bot.tools.secrets import Redactor
from commands.ports.analysis import MADE_UP, MASKED
from tests.growth import assert_linear


def kinds(file: str, text: str) -> list[str]:
    """The kinds of secrets in the lines of a file."""
    return [finding.why for finding in secrets(file, list(enumerate(text.split("\n"), 1)))]


def test_a_secret_is_named_by_its_kind_and_line_and_never_repeated() -> None:
    secret = "hunter2" * 2
    findings = secrets("a.js", [(3, "const a = 1"), (7, f'const password = "{secret}"')])
    assert [(finding.line, finding.why) for finding in findings] == [(7, KIND)]
    assert secret not in repr(findings)


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("/a?token=tulip9", KIND),
        ("jdbc:postgresql://db/a?user=b&password=tulip9", KIND),
        ("ghp_" + "Ab1" * 12, MASKED),
        ("https://shop.example", MASKED),
    ],
)
def test_a_secret_that_the_bot_has_masked_before_is_named(value: str, kind: str) -> None:
    line = Redactor(["https://shop.example"])(f'const a = "{value}"')
    assert "•••" in line
    assert kinds("a.js", line) == [kind]
    assert kinds("a.js", 'placeholder="••••••••"') == []


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (".env", "DB_PASSWORD=Tr0ub4dor3x"),
        (".env.production", "DB_PASSWORD='supersecretword'"),
        ("settings.env.txt", "JWT_SECRET=q8w7e6r5t4y3u2i1"),
        ("config/production.yml", "jwt_secret: q8w7e6r5t4y3u2i1"),
        ("compose.yaml", "      - JWT_SECRET=q8w7e6r5t4y3u2i1  # until Monday"),
        ("a.properties", "spring.datasource.password=Tr0ub4dor3x"),
        ("Dockerfile", "ENV DB_PASSWORD=Tr0ub4dor3x"),
        ("a.js", "const s = process.env.JWT_SECRET || 'q8w7e6r5t4y3'"),
        ("a.ts", "const s = process.env.JWT_SECRET ?? `q8w7e6r5t4y3`"),
        ("a.ts", "const password: string = 'hunter2hunter2'"),
        ("a.py", "x = os.environ.get('DB_PASSWORD', 'Tr0ub4dor3x')"),
        ("a.sh", "psql ${DB_PASSWORD:-Tr0ub4dor3x}"),
        ("a.json", '"api_key": "a8f3k2l9d0s7"'),
        ("a.rb", "password => 'hunter2hunter2'"),
        ("a.go", 'secret := "Tr0ub4dor3x"'),
        ("a.ini", "pass = Tr0ub4dor3x"),
        ("Dockerfile", "ENV DB_PASSWORD Tr0ub4dor3x"),
        (".netrc", "machine h login bob password Tr0ub4dor3x"),
        ("redis.conf", "requirepass Tr0ub4dor3x"),
        ("web.config", '<add key="Password" value="Tr0ub4dor3x"/>'),
        ("pom.xml", "<password>Tr0ub4dor3x</password>"),
        ("appsettings.json", '"Db": "Server=x;User Id=sa;Password=Tr0ub4dor3x;"'),
        ("a.sh", "PGPASSWORD=Tr0ub4dor3x psql"),
        ("a.sh", "curl -u admin:Tr0ub4dor3x https://host"),
        ("a.sh", "mysqldump -u root -pTr0ub4dor3x shop"),
        ("a.py", "passwd = b'Tr0ub4dor3x'"),
        ("a.py", "requests.get(url, auth=('admin', 'Tr0ub4dor3x'))"),
        ("a.rb", "password: ENV.fetch('DB_PW', 'Tr0ub4dor3x')"),
        ("a.php", "define('DB_PASSWORD', 'Tr0ub4dor3x');"),
        ("a.java", 'source.setPassword("Tr0ub4dor3x");'),
        ("a.js", "headers: { Authorization: 'Basic YWRtaW46VHIwdWI0ZG9yM3g=' }"),
        ("a.yml", "url: redis://:Tr0ub4dor3x@cache:6379"),
        ("a.sql", "ALTER ROLE app PASSWORD 'hunter2x9';"),
        ("a.sql", "INSERT INTO settings VALUES ('smtp_password', 'hunter2x9');"),
        ("a.sql", "UPDATE users SET hash = crypt('hunter2x9', gen_salt('bf'));"),
        ("a.sql", "INSERT INTO users (name, password) VALUES ('a', 'hunter2x9');"),
        (".pgpass", "db.internal:5432:shop:app:Tr0ub4dor3x"),
        (".npmrc", "//npm.corp/:_auth=YWRtaW46VHIwdWI0ZG9yM3g="),
        (".docker/config.json", '"auth": "YWRtaW46VHIwdWI0ZG9yM3g="'),
        ("config/master.key", "a8f3c2b9d0e7a8f3c2b9d0e7a8f3c2b9"),
        ("k8s/api.yaml", "        - name: DB_PASSWORD\n          value: Tr0ub4dor3x"),
        ("k8s/api.yaml", '        - name: DB_PASSWORD\n          value: "Tr0ub4dor3x"  # for now'),
        ("task.json", '{"name": "DB_PASSWORD", "value": "Tr0ub4dor3x"}'),
        ("variables.tf", 'variable "db_password" {\n  type = string\n  default = "Tr0ub4dor3x"\n}'),
        ("api.service", "Environment=DB_PASSWORD=Tr0ub4dor3x"),
        ("a.sh", "curl -H 'Authorization: Bearer a8f3k2l9d0s7a8f3k2l9d0s7'"),
        ("a.sh", "curl -H 'X-Api-Key: a8f3k2l9d0s7a8f3'"),
        ("a.sh", "sshpass -p Tr0ub4dor3x ssh root@h"),
        ("a.sh", "echo Tr0ub4dor3x | docker login -u bob --password-stdin"),
        ("a.sh", "docker login -u bob -p Tr0ub4dor3x reg"),
        ("a.sh", "redis-cli -h cache -a Tr0ub4dor3x ping"),
        ("a.rs", 'const SECRET: &str = "a8f3k2l9d0s7";'),
        ("a.h", '#define DB_PASSWORD "Tr0ub4dor3x"'),
        ("a.sql", "INSERT INTO users (id, name, password)\nVALUES\n (2, lower('A, B'), 'hunter2x9');"),
    ],
)
def test_a_password_is_found_in_every_form_of_assignment(file: str, text: str) -> None:
    assert kinds(file, text) == [KIND]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("a.json", '"password": "Enter your password"'),
        ("a.js", 'password = "${PASSWORD}"'),
        ("a.js", "password: process.env.X, token: user.token1.value"),
        ("a.js", "const PASSWORD_FIELD = 'password_field1'"),
        ("a.js", "const tokenUrl = '/oauth2/token', maxTokens = 4096"),
        ("a.js", "url = 'postgres://user:password@localhost/db'"),
        ("a.ts", "import { PasswordInput1 } from './password-input1'"),
        ("a.py", "def f(password: str = None)"),
        ("a.yml", "password: ${DB_PASSWORD}"),
        ("a.yml", "password: {{ .Values.pw1 }}"),
        ("a.yml", "token: ${{ secrets.GITHUB_TOKEN }}"),
        ("a.yml", "secretName: tls-cert-2"),
        ("a.yml", "url: redis://:${REDIS_PASSWORD}@cache:6379"),
        ("a.sh", 'PGPASSWORD=$DB_PASSWORD1 psql -u "$USER1:$PASSWORD1" --pass=2'),
        ("a.py", "connect(password=parts['password'], user=parts['user'])"),
        ("a.js", "const fields = ['password', 'username2'], hash = user.password(input1)"),
        ("nginx.conf", "proxy_pass http://backend1;"),
        ("pom.xml", "<password>${env.DB_PASSWORD1}</password>"),
        ("Dockerfile", "ENV DB_PASSWORD $DB_PASSWORD1"),
        (".env", "DB_PASSWORD=changeme1"),
        ("a.html", '<input type="password" name="password1">'),
        ("a.sql", "CREATE TABLE users (id int, password text DEFAULT '');"),
        ("a.sql", "INSERT INTO users (name, password) VALUES ('hunter2x9', NULL);"),
        ("k8s/api.yaml", "- name: DB_PASSWORD\n  valueFrom:\n    secretKeyRef:\n      key: password1"),
        ("k8s/api.yaml", "- name: DB_PASSWORD\n  value: $(DB_PASSWORD1)"),
        ("k8s/api.yaml", "- name: DB_PASSWORD_FILE\n  value: run1234"),
        ("k8s/api.yaml", "- name: DB_HOST\n  value: db1.internal\n- name: DB_PORT\n  value: abc5432"),
        ("variables.tf", 'variable "db_password" {\n  type = string\n}\nvariable "size" {\n  default = "t3large4"\n}'),
        ("a.sh", "curl -H \"Authorization: Bearer $TOKEN1\" -H 'X-Api-Key: <your-key-1234567890>'"),
        ("a.sh", 'echo "$PASSWORD1" | docker login --password-stdin; sshpass -p "$PW1" ssh h; redis-cli -a "$PW1"'),
        ("a.js", "headers: { Authorization: `Bearer ${token1}` }"),
        ("config.json", '"auth": "required"'),
        ("a.sql", "INSERT INTO users (password) VALUES (NULL);\nINSERT INTO t VALUES ('hunter2x9');"),
    ],
)
def test_placeholders_names_phrases_and_code_are_no_passwords(file: str, text: str) -> None:
    assert kinds(file, text) == []


@pytest.mark.parametrize(
    "file",
    [
        "tests/a.js",
        "src/a.test.ts",
        "db/fixtures/users.yml",
        ".env.example",
        "locales/de.json",
        "page.tpl",
        "i18n/messages_de.properties",
    ],
)
def test_what_is_probably_made_up_is_told_apart(file: str) -> None:
    assert kinds(file, 'password: "hunter2hunter2"') == [f"{MADE_UP}: {KIND}"]
    assert kinds(file, "-----BEGIN RSA PRIVATE KEY-----") == [f"{MADE_UP}: Private Key"]
    assert kinds(file, "ghp_" + "a1B2" * 9) == ["GitHub Token"], "a maker's key is one everywhere"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("-----BEGIN RSA PRIVATE KEY-----", "Private Key"),
        ("sk-proj-" + "aB3_" * 10, "OpenAI or Anthropic key"),
        ("github_pat_" + "a1B2" * 9, "GitHub token"),
        ("postgres://u:s3cretpw9@host/db", "Basic Auth Credentials"),
        ("hvs." + "a1B2_" * 8, "Vault token"),
        ("npm_" + "a1B2" * 9, "npm token"),
        ("dckr_pat_" + "a1B2" * 7, "Docker token"),
        ("sbp_" + "a1b2" * 10, "Supabase key"),
        ("lin_api_" + "a1B2" * 10, "Linear key"),
        ("dapi" + "a1b2" * 8, "Databricks token"),
        ("pul-" + "a1b2" * 10, "Pulumi token"),
        ("ya29." + "a1B2" * 10, "Google access token"),
        ("https://discord.com/api/webhooks/" + "1" * 18 + "/" + "a1B2_" * 12, "Discord webhook"),
    ],
)
def test_keys_of_a_known_form_are_found_without_a_name(text: str, kind: str) -> None:
    assert kinds("a.js", text) == [kind]


def test_a_long_word_alone_is_no_secret() -> None:
    assert kinds("a.js", "integrity sha512 = 'c2VjcmV0LWxvbmctd29yZC10aGF0LWxvb2tzLXJhbmRvbQ9A8f7'") == []


@pytest.mark.parametrize(
    "piece",
    [
        "password",
        "//",
        "password = '",
        "eyJa.",
        "https://a:b@",
        "secret: '",
        "${A:-",
        "env('",
        "pass=a;",
        "mysql ",
        "mysql -p",
        " -u a:",
        "echo a",
        "sshpass -p",
        "redis-cli ",
        "docker login ",
        "Bearer ",
        "password', value",
        "#define password ",
    ],
)
def test_a_long_line_is_searched_at_its_start_alone_and_the_finding_says_so(piece: str) -> None:
    assert_linear(lambda text: secrets("a.js", [(1, text)]), piece)
    findings = secrets("a.js", [(4, "x" * 20_000)])
    assert [(finding.line, finding.why) for finding in findings] == [
        (4, "not searched for secrets beyond the first 1,000 of 20,000 characters; review it by hand")
    ]


def test_a_search_that_takes_too_long_ends_and_says_from_which_line_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret_scanner, "LIMIT", 0.0)
    findings = secrets("a.js", [(number, "x") for number in range(5, 1000)])
    assert [(finding.line, finding.why) for finding in findings] == [
        (5, "not searched for secrets from here on, because that takes longer than 0 s; review it by hand")
    ]
