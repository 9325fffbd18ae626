//! Lines in which nothing is secret, most of them from real logs.

use std::borrow::Cow;

use super::filled;
use crate::redact::Redactor;

const KEPT: &[&str] = &[
    // About passwords.
    "FATAL:  password authentication failed for user \"x\"",
    "Access denied for user 'root'@'10.0.0.7' (using password: YES)",
    "password: yes",
    "CREATE USER 'app'@'%' IDENTIFIED BY '<password>'",
    "Failed password for invalid user admin from 10.0.0.7 port 22 ssh2",
    "pam_unix(sshd:auth): check pass; user unknown",
    "passwd: password changed by root",
    "passwd:         files systemd",
    "password_file: /etc/x/passwd",
    "open /run/secrets/db_password: no such file or directory",
    "password: incorrect",
    "error: password: authentication failed for bob",
    "password_encryption = scram-sha-256",
    "grant_type=password",
    "PWD=/root OLDPWD=/var/log",
    "password=",
    r#"{"password":"","token":null,"secret":true}"#,
    "password=$DB_PASSWORD token=${TOKEN} secret=$(cat x)",
    "password: '{{ .Values.password }}'",
    "    conn = connect(host=host, password=password)",
    "    token = self.get_token(request)",
    "    secret = os.environ['SECRET']",
    "password=******** token=<redacted> secret=[FILTERED]",
    r#"{"password":"***HIDDEN***","user":"xxxxx"}"#,
    "--password string   the password of the user",
    "flag --token is required",
    "test result: pass: 12 fail: 3",
    "mode=bypass",
    // About tokens.
    "Token expired",
    "token: expired",
    "max_tokens: 5, prompt_tokens=12",
    "tokenizer: whitespace",
    "invalid character '<' looking for beginning of value: unexpected token: <",
    "Unexpected token: foo at line 3",
    "SyntaxError: Unexpected token '}' in JSON",
    r#"Post "https://auth.example.com/oauth2/token": dial tcp 10.0.0.7:443: connect: connection refused"#,
    "oauth2: cannot fetch token: 401 Unauthorized",
    "failed to refresh token: x509: certificate signed by unknown authority",
    "unable to load token: open /var/run/secrets/token: permission denied",
    "could not validate token: EOF",
    "next_page_token=abc&page_token=def",
    "Node 10.0.0.7 has token: -9223372036854775808",
    "--token-auth-file=/etc/kubernetes/tokens.csv",
    "serviceAccountToken: {expirationSeconds: 3607}",
    "failed to list *v1.Secret: Get \"https://10.43.0.1:443/api/v1/secrets\": net/http: TLS handshake timeout",
    "paste.filter_factory = keystonemiddleware.auth_token:filter_factory",
    "  --tls-sni-cert-key namedCertKey   A pair of files",
    "ovsdb-server --private-key=db:Open_vSwitch,SSL,private_key",
    "-object {\"qom-type\":\"secret\",\"key-secret\":\"libvirt-1-storage-secret0\"}",
    "bob ALL=(ALL) NOPASSWD:ALL",
    "queue cinder-volume.cinder@cinder-ceph.cinder is empty",
    "    admin_token = data['users'][0]['user']['token']",
    "WRONGPASS invalid username-password pair or user is disabled.",
    "VolumeSource{Secret:(*v1.SecretVolumeSource)(nil), NFS:nil}",
    "Secret:(*v1.SecretVolumeSource)(0xc000123456), HostPath:nil",
    "metadata_proxy_shared_secret = **** log_opt_values /usr/lib/python3/dist-packages/x.py:2585",
    "inject_password = False",
    "--use-service-account-credentials=true --service-account-private-key-file=/x",
    "ceph.cephx_lockbox_secret= --addtag ceph.encrypted=0,ceph.cephx_lockbox_secret=,ceph.fsid=1",
    "server.go:42 keystone-credentials:14: Invoking reactive handler: hooks/relations",
    "ssl_private_key=config://rgw/cert/$realm/$zone.key",
    "device-mapper: ioctl: 4.43.0-ioctl (2020-10-01) initialised: dm-devel@redhat.com",
    "user=bob TTY=pts/0 ; PWD=/home/bob ; USER=root ; COMMAND=/usr/bin/passwd root",
    "\tssl.keystore.password = [hidden]",
    "\tdelegation.token.master.key = null",
    "mysql -h db -P 3306 -port=3306",
    "failed to authorize: failed to fetch oauth token: unexpected status: 401 Unauthorized",
    "failed to fetch anonymous token: Get \"https://auth.docker.io/token?service=registry.docker.io\": dial tcp 10.0.0.7:443: i/o timeout",
    "DB_PASSWORD: unbound variable",
    "references non-existent secret key: password",
    "Key: 'Config.Password' Error:Field validation for 'Password' failed on the 'required' tag",
    "{\"auth-token\":\"simple\",\"initial-cluster-token\":\"etcd-cluster\"}",
    "secret=projects/x/secrets/y/versions/1",
    "level=info msg=\"Waiting\" token=/var/lib/rancher/k3s/server/token",
    "prompt eval time = 5.2 ms / 8 tokens (0.65 ms per token, 1538.46 tokens per second)",
    "MountVolume.SetUp failed for volume \"default-token-x7k2p\" : secret \"default-token-x7k2p\" not found",
    // About secrets.
    "secret \"db-creds\" not found",
    "secretName: db-creds",
    "couldn't find key password in Secret default/db-creds",
    "imagePullSecret: regcred",
    r#"E0102 15:04:05.000000   1 x.go:1] "Failed" secret="default/db-creds" err="timeout""#,
    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf",
    "dial tcp: lookup vault-secret:8200: no such host",
    "Started Forward Password Requests to Wall Directory Watch.",
    "secrets is forbidden: User \"system:serviceaccount:x:y\" cannot list resource \"secrets\"",
    "Generating public/private rsa key pair",
    "could not load private key file \"server.key\": key values mismatch",
    "ssl_key: /etc/ssl/private/x.key, private_key=/etc/ssl/private/x.key",
    "failed to find any PEM data in key input: -----BEGIN PRIVATE KEY----- expected",
    "primary_key=id foreign_key: user_id",
    // URLs, times, addresses.
    "GET http://host:8080/a@b HTTP/1.1",
    "https://user@host.example.com/x",
    "wss://[fe80::1]:6443/@x",
    "image acme/token:1.2.3@sha256:{H64}",
    "rabbit@node-1.example.com: node down",
    "Started getty@tty1.service - Getty on tty1.",
    "kex: aes256-gcm@openssh.com hmac-sha2-256-etm@openssh.com",
    "git@github.com:acme/x.git",
    "tcp://10.0.0.7:5432: i/o timeout",
    "Authorization: failed",
    "authorization failed for user bob",
    "Bearer token missing from request",
    "WWW-Authenticate: Bearer realm=\"https://auth.example.com/token\",service=\"registry\"",
    "erlang cookie: set by command line",
    "Error: Cookie: not found",
    "auth: required",
    r#""auth":"disabled""#,
    "task sk-learn-pipeline-build-and-test-everything started",
    "sha256:{H64} digest mismatch",
    "commit {H40} by CI",
    "std::token::Token::parse(x)",
    "cost was $5 of $100 total",
    "UUID 3fa09c27-be51-d846-3fa0-9c27be51d846 has no key",
];

#[test]
fn what_is_no_secret_stays_and_is_borrowed() {
    let redactor = Redactor::secrets();
    let mut wrong = Vec::new();
    for line in KEPT {
        let line = filled(line);
        let shown = redactor.redact(&line);
        if !matches!(shown, Cow::Borrowed(_)) {
            wrong.push(format!("{line}\n  became {shown}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(KEPT.len() >= 60);
}

#[test]
fn nothing_is_masked_by_default() {
    let text = "password=hunter2 10.0.0.7 bob@example.com";
    assert!(matches!(Redactor::default().redact(text), Cow::Borrowed(_)));
}
