//! A marketing plugin from an empty folder into a shop; and the samples against their fixtures, by the command that their
//! READMEs name.

use crate::plugin_guide::Here;

#[test]
fn a_marketing_plugin_is_made_tested_run_and_published() {
    let here = Here::new();
    let new = here.json("./stoa plugin new --world marketing third-order --json");
    assert_eq!(new["world"], "marketing");
    let tested = here.json("./stoa plugin test third-order --json");
    let passed = tested.as_array().unwrap().iter().filter(|one| one["passed"] == true).count();
    assert_eq!(passed, 2, "{tested}");
    let run = here.json("./stoa plugin run third-order/build/third-order.wasm --input third-order/event.json --json");
    assert_eq!(run["actions"][0]["kind"], "grant_points", "{run}");
    assert!(run["fuel"].as_u64() > Some(0));
    let wrong = here.run("echo '{ \"every\": 0, \"points\": 1 }' > zero.json; ! ./stoa plugin run third-order/build/third-order.wasm --input third-order/event.json --settings zero.json");
    assert!(wrong.contains("/every") && wrong.contains("/properties/every/minimum"), "{wrong}");
    let made = here.json("./stoa plugin publish third-order --percent 100 --json");
    assert_eq!((&made["plugin"]["world"], &made["plugin"]["enabled"]), (&"marketing".into(), &true.into()), "{made}");
    assert!(here.run("./stoa plugin list").contains("marketing"));
    let refused = here.run("! ./stoa plugin new --world loyalty another");
    assert!(refused.contains("promotion") && refused.contains("marketing"), "{refused}");
}

#[test]
fn the_marketing_samples_pass_their_fixtures() {
    let here = Here::new();
    for name in ["win-back-coupon", "birthday-greeting"] {
        let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins/samples");
        let tested = here.json(&format!("./stoa plugin test {sample}/{name} --json"));
        let tested = tested.as_array().unwrap();
        assert!(tested.len() >= 2 && tested.iter().all(|one| one["passed"] == true), "{tested:?}");
    }
}
