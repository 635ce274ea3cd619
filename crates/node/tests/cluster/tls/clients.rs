//! What clients are told that do not fit, while others are served.

use std::time::Duration;

use ackord_client::{Client, Options, v1};
use ackord_tls::mint::Authority;

use super::Secured;
use crate::cluster_of;

async fn asked(options: Options) -> Result<(), String> {
    let client = Client::new(options).map_err(|it| it.to_string())?;
    let answer = client.get_status(v1::GetStatusRequest {}).await;
    answer.map(|_| ()).map_err(|it| it.to_string())
}

#[tokio::test]
async fn clients_that_do_not_fit_are_told_and_the_others_are_served() {
    let it = Secured::born().await;
    cluster_of(&it.fleet).await;
    let token = it.fleet.make_team("team").await.expect("made");
    let address = it.fleet.address(0);
    let options = |server: String| {
        let mut options = Options::new(server, token.clone());
        options.tls.ca = Some(it.dir.path().join("ca.crt"));
        options.deadline = Duration::from_secs(10);
        options
    };
    let secured = || options(format!("https://{address}"));
    let patient = || Options {
        deadline: Duration::from_secs(30),
        ..secured()
    };
    assert_eq!(asked(patient()).await, Ok(()));

    let mut foreign = secured();
    let other = Authority::make().expect("made");
    foreign.tls.ca = Some(it.write("other.crt", &other.minted().cert));
    let told = asked(foreign).await.expect_err("another CA");
    assert!(told.contains("not of a CA that is trusted here"), "{told}");

    let mut machine = secured();
    machine.tls.ca = None;
    let told = asked(machine).await.expect_err("no CA of this machine");
    assert!(told.contains("CA"), "{told}");

    let mut renamed = secured();
    renamed.tls.server_name = Some("a.example".to_owned());
    let told = asked(renamed).await.expect_err("another name");
    assert!(told.contains("not for a.example, but for"), "{told}");

    let told = asked(options(format!("http://{address}"))).await;
    let told = told.expect_err("TLS is spoken there");
    assert!(told.contains("call it as https://"), "{told}");

    assert_eq!(asked(patient()).await, Ok(()));
    cluster_of(&it.fleet).await;
}
