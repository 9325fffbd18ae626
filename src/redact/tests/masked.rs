//! Lines with secrets, which `«` and `»` enclose.

use super::case;
use crate::redact::Redactor;

const MASKED: &[&str] = &[
    // URLs: user, host and port are evidence.
    "dial postgres://app:«hunter2»@db.example.com:5432/app?sslmode=disable: connect: connection refused",
    "amqp://guest:«gu%40est»@10.0.0.7:5672/%2f unreachable",
    "redis://:«s3cr3t»@cache:6379/0",
    "clone https://bob:«p@ss»@git.example.com/x.git failed",
    "mongodb://root:«a/b+c»@m1:27017,m2:27017/admin",
    "proxy=http://u:«pw»@proxy:3128 https_proxy=http://u:«pw»@proxy:3128",
    r#"{"dsn":"mysql://root:«toor»@mysql/db"}"#,
    "dsn app:«p:w@x»@tcp(mysql:3306)/app?parseTime=true: i/o timeout",
    "sqlplus scott/«tiger»@//ora:1521/XE",
    // Connection strings.
    "Server=db;Database=app;User Id=sa;Password=«P;w0rd!»;Encrypt=true",
    "Uid=sa;Pwd=«x1»;Server=db",
    "DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=«{A86}==»;EndpointSuffix=core.windows.net",
    "Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=«{A43}=»",
    // key=value.
    "level=error msg=login user=bob password=«hunter2» host=db",
    "connect host=db port=5432 user=app password=«correct-horse» dbname=app failed",
    "connect host=db password='«it is \\'long\\'»' dbname=app",
    "DB_PASSWORD=«x»",
    "export JWT_SECRET=«abc/def+gh»",
    "MYSQL_ROOT_PASSWORD: «toor»",
    "mysql-root-password=«toor», replicas=3",
    "spring.datasource.password=«pw»",
    "GET /login?user=bob&password=«pw»&next=/ 401",
    "GET /api?access_token=«abcdef»&x=1 HTTP/1.1",
    "{User:app Password:«hunter2» Host:db}",
    "Config(user=app, password=«hunter2», host=db)",
    "Credentials{secretKey=«ab)cd», region=eu}",
    "map[password:«pw1» user:bob]",
    "password = «hunter2»",
    "requirepass «foobared1»",
    "aws_secret_access_key = «{A40}»",
    "dbPass=«x1y2z3»",
    "SSHPASS=«pw» ssh app@host",
    "user[password]=«pw»&user[name]=bob",
    "config['password'] = '«x y»'",
    "client-secret=«{A20}» tenant=x",
    "encryption_key=«{H32}»",
    "RABBITMQ_ERLANG_COOKIE=«SWQOKODSQALRPCLNMEQG»",
    // key: value.
    "password: «hunter2»",
    "  password: «correct horse battery»",
    "    token: «abc»  # do not commit",
    "- api_key: «k-1»",
    "login with user: bob password: «hunter» host: db",
    "got token: «{A24}» for user bob",
    r#"password: "«a \" b»", user: "x""#,
    "password: '«a, b»'",
    "X-Api-Key: «abc123»",
    "PRIVATE-TOKEN: «abc»",
    r#"curl -H "X-Auth-Token: «abc»" http://x"#,
    "certificate-key: «{H64}»",
    // JSON, plain and escaped.
    r#"{"user":"bob","password":"«hunter2»","host":"db"}"#,
    r#"{"password": "«a \"quoted\" word\\»", "n": 1}"#,
    r#"{"msg":"{\"password\":\"«a \\\"b\\\" c»\",\"n\":1}"}"#,
    r#"{"m":"{\"m\":\"{\\\"token\\\":\\\"«x»\\\"}\"}"}"#,
    r#"{"clientSecret":"«x»","accessToken":"«y»","apiKey":"«z»"}"#,
    r#"{"headers":{"X-Api-Key":["«k1»"]}}"#,
    "{'password': '«hunter2»', 'user': 'bob'}",
    r#"{"password"=>"«x»", :secret=>"«y»"}"#,
    r#"{"password":"«cut off in the mid»"#,
    r#"msg="login" "password"="«x»""#,
    r#"{"log":"password=«hunter2»\n","stream":"stderr"}"#,
    r#"{"msg":"user: bob\npassword: «hunter2»\nhost: db"}"#,
    "[{password,<<\"«x»\">>},{user,\"bob\"}]",
    "<password>«x»</password><db:Token type=\"a\">«y»</db:Token>",
    "<add key=\"Password\" value=\"«abc»\" />",
    "SECRET_KEY_BASE=«abc»",
    "msg=\"login failed: password=«abc;def» user=bob\"",
    // Environments.
    r#"{"name":"DB_PASSWORD","value":"«x»"},{"name":"DB_HOST","value":"db"}"#,
    r#"{\"name\":\"API_TOKEN\",\"value\":\"«x»\"},{\"name\":\"A\",\"value\":\"b\"}"#,
    "\"name\": \"AWS_SECRET_ACCESS_KEY\",\n  \"value\": \"«x»\"",
    r#"[{"Key":"Password","Value":"«x»"},{"Key":"User","Value":"bob"}]"#,
    "- name: DB_PASSWORD\n  value: «x»\n- name: DB_HOST\n  value: db",
    r#""Env":["PATH=/bin","DB_PASSWORD=«correct horse»","DB_HOST=db"]"#,
    // Arguments.
    "kubeadm join 10.0.0.7:6443 --token «{a6}.{a16}» --discovery-token-ca-cert-hash sha256:{H64}",
    "mysql --user root --password «x» --host db",
    "run --db-password=«x» --db-host=db",
    "agent -token «abc» -server https://x",
    r#"args: ["--password","«x»","--host","db"]"#,
    "mysqldump -uroot -p«toor» app",
    "curl -sS -u bob:«pw» http://x/",
    "sshpass -p '«pw»' ssh host",
    "docker login -u bob -p «pw» registry.example.com",
    "ldapsearch -x -D cn=admin -w «pw» -b dc=example",
    "openssl rsa -passin pass:«pw» -in x.pem",
    // SQL, and what databases write when they are first started.
    "[Server] A temporary password is generated for root@localhost: «q%hTr;x8)aB»",
    "Using generated security password: «8e557245-73e2-4286-969a-ff57fe326336»",
    "Unseal Key 1: «{A43}=»",
    "CREATE USER app IDENTIFIED BY '«pw»'",
    "statement: ALTER ROLE app WITH PASSWORD '«pw»' VALID UNTIL 'infinity'",
    // Headers.
    "Authorization: Bearer «{A30}»",
    "authorization: Basic «dXNlcjpwYXNz»",
    r#""Authorization":["Bearer «abc»"]"#,
    "Authorization:[Token «abc»] Accept:[*/*]",
    "proxy-authorization=«{A32}»",
    "rejected bearer «{A30}» of 10.0.0.7",
    "Set-Cookie: sid=«abc»; Path=/; HttpOnly",
    "Cookie: «sid=abc; theme=dark»",
    "GET https://x.blob.core.windows.net/c?sv=2020&se=2024&sig=«{A40}%3D»&sp=r",
    "GET https://b.s3.amazonaws.com/k?X-Amz-Signature=«{H64}»&X-Amz-Expires=60",
    "POST https://hooks.slack.com/services/T0{U8}/B0{U8}/«{A24}»: 404",
    // Tokens.
    "kid: 1, «eyJ{A20}.eyJ{A30}.{A43}» expired",
    "cut «eyJhbGci{A20}»",
    "key id «AKIA{U16}» is not authorized",
    "«AIza{A35}» quota exceeded",
    "remote: «ghp_{A36}»",
    "https://«github_pat_{A40}»@github.com/acme/x",
    "«glpat-{A20}»",
    "«xoxb-{A24}»",
    "«sk_live_{A24}»",
    "//registry.npmjs.org/:_authToken=«npm_{A36}»",
    "«pypi-AgEI{A40}»",
    "«hf_{A34}»",
    "X-Vault-Token «hvs.{A24}»",
    r#"{"auths":{"ghcr.io":{"auth":"«Ym9iOmh1bnRlcjI=»"}}}"#,
    "\tkey = «AQ{A36}==»",
    "validated token: \"«{a6}.{a16}»\"",
    "«K10{H64}::server:{H32}»",
    // Hashes and keys.
    "root:«$6$saltsalt${A40}»:19000:0:99999:7:::",
    "admin:«$2y$10${A53}»",
    "userPassword:: «e1NTSEF9abcd»",
    "userPassword: {SSHA}«{A32}»",
    "-----BEGIN RSA PRIVATE KEY-----«\nProc-Type: 4,ENCRYPTED\n\n{A64}\n{A20}\n»-----END RSA PRIVATE KEY-----",
    r#"tls.key: "-----BEGIN PRIVATE KEY-----«\n{A64}\n»-----END PRIVATE KEY-----\n""#,
    r"-----BEGIN EC PRIVATE KEY-----\n«{A64}\n{A30}»",
    "    client-key-data: «LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVkt{A40}»",
    r#"{"password":"«{a_b(c)}»","passphrase":"«--x»"}"#,
    r#"{"private_key":"-----BEGIN PRIVATE KEY-----«\n{A64}\n»-----END PRIVATE KEY-----\n"}"#,
];

#[test]
fn secrets_are_masked_and_nothing_else() {
    let redactor = Redactor::secrets();
    let mut wrong = Vec::new();
    for line in MASKED {
        let (text, expected) = case(line);
        let shown = redactor.redact(&text);
        if shown != expected {
            wrong.push(format!(
                "{text}\n  should be {expected}\n  but is    {shown}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(MASKED.len() >= 80);
}

#[test]
fn persons_are_masked() {
    let redactor = Redactor::secrets();
    for (text, expected) in [
        (
            "from=<bob.k@example.com>, size=3",
            "from=<<e-mail>>, size=3",
        ),
        ("mailto:bob@example.co.uk.", "mailto:<e-mail>."),
        ("user bob+x@acme.io: denied", "user <e-mail>: denied"),
        (
            "https://bob:pw@mail.example.com/?to=eve@example.com",
            "https://bob:***HIDDEN***@mail.example.com/?to=<e-mail>",
        ),
    ] {
        assert_eq!(redactor.redact(text), expected);
    }
}
