//! Plugins whose code does harm: each ends with its own error, and the next call is as if nothing had been.

use crate::guest;
use crate::shop::{SETTINGS, Shop, cart, id, promotion, proposed_for_four, sample};
use stoa_plugin_runtime::*;

#[test]
fn an_endless_loop_runs_out_of_fuel() {
    let shop = Shop::new();
    let looping = guest::running("(loop $again br $again) unreachable");
    assert_eq!(shop.run(&looping), Err(RunError::OutOfFuel { fuel: 11_000_000 }));
    shop.still_serves();
}

#[test]
fn an_endless_loop_in_the_start_function_runs_out_of_fuel() {
    let starting = guest::with("i32.const 0", "(func $start (loop $again br $again)) (start $start)");
    assert_eq!(Shop::new().contains(&starting), "out_of_fuel");
}

/// Fuel counts what is done, the clock how long it takes: with all the fuel there is, two seconds are the end.
#[test]
fn a_loop_with_fuel_for_years_is_stopped_by_the_clock() {
    let shop = Shop::new();
    let plugin = shop.load(&guest::running("(loop $again br $again) unreachable"));
    let limits = Limits { fuel: i64::MAX as u64, ..Limits::default() };
    let started = std::time::Instant::now();
    assert_eq!(plugin.run(promotion(&id(), SETTINGS), &cart("en", 2), limits), Err(RunError::TimedOut));
    assert!(started.elapsed() < std::time::Duration::from_secs(30), "{:?}", started.elapsed());
    // The clock slept meanwhile, and turns again.
    std::thread::sleep(std::time::Duration::from_millis(100));
    assert_eq!(plugin.run(promotion(&id(), SETTINGS), &cart("en", 2), limits), Err(RunError::TimedOut));
    shop.still_serves();
}

/// One instruction fills a whole memory, and costs what it fills.
#[test]
fn a_loop_of_heavy_instructions_runs_out_of_fuel() {
    let filling = guest::running(
        "(drop (memory.grow (i32.const 200)))
         (loop $again (memory.fill (i32.const 0) (i32.const 1) (i32.const 13000000)) br $again) unreachable",
    );
    assert_eq!(Shop::new().contains(&filling), "out_of_fuel");
}

#[test]
fn memory_past_the_limit_is_not_to_be_had() {
    let hoarding =
        guest::running("(if (i32.eq (memory.grow (i32.const 1000)) (i32.const -1)) (then unreachable)) i32.const 0");
    assert_eq!(Shop::new().contains(&hoarding), "out_of_memory");
}

/// A plugin may have all of it, may write to the last byte, and finds it all zero the next time.
#[test]
fn memory_up_to_the_limit_is_new_for_every_call() {
    let growing = guest::running(
        "(if (i32.eq (memory.grow (i32.const 254)) (i32.const -1)) (then unreachable))
         (if (i32.ne (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))
         (if (i32.load8_u (i32.const 16777215)) (then unreachable))
         (if (i32.load8_u (i32.const 500)) (then unreachable))
         (i32.store8 (i32.const 16777215) (i32.const 1))
         (i32.store8 (i32.const 500) (i32.const 1))
         i32.const 0",
    );
    let shop = Shop::new();
    let plugin = shop.load(&growing);
    for _ in 0..100 {
        let run = plugin.run(promotion(&id(), SETTINGS), &cart("en", 2), Limits::default()).unwrap();
        assert_eq!((run.proposal.operations.len(), run.memory_bytes), (0, MAX_MEMORY_BYTES + 65_536));
    }
    shop.still_serves();
}

#[test]
fn deep_recursion_ends_with_the_stack() {
    let recursing = guest::with(
        "(call $deeper (i64.const 0)) drop i32.const 0",
        "(func $deeper (param i64) (result i64) (i64.add (call $deeper (i64.add (local.get 0) (i64.const 1))) (local.get 0)))",
    );
    assert_eq!(Shop::new().contains(&recursing), "trapped");
}

#[test]
fn a_table_that_grows_stays_within_its_cap() {
    let growing = guest::with(
        "(if (i32.ne (table.grow $t (ref.null func) (i32.const 9990)) (i32.const 1)) (then unreachable))
         (if (i32.ne (table.grow $t (ref.null func) (i32.const 100)) (i32.const -1)) (then unreachable)) i32.const 0",
        "(table $t 1 funcref)",
    );
    let shop = Shop::new();
    assert!(shop.run(&growing).unwrap().proposal.operations.is_empty());
    shop.still_serves();
}

#[test]
fn a_trap_of_every_kind_is_contained() {
    let shop = Shop::new();
    for body in [
        "unreachable",
        "(drop (i32.div_s (i32.const 1) (i32.const 0))) i32.const 0",
        "(drop (i32.div_s (i32.const -2147483648) (i32.const -1))) i32.const 0",
        "(drop (i32.trunc_f64_s (f64.const nan))) i32.const 0",
        "(drop (i32.load (i32.const -4))) i32.const 0",
        "(i64.store (i32.const 2147483640) (i64.const -1)) i32.const 0",
    ] {
        assert_eq!(shop.contains(&guest::running(body)), "trapped", "{body}");
    }
}

/// A realloc that hands out addresses outside of memory, or traps, breaks the plugin that has it.
#[test]
fn a_plugin_that_lies_about_its_memory_is_contained() {
    let shop = Shop::new();
    for (realloc, code) in [("i32.const -16", "bad_output"), ("unreachable", "trapped"), ("i32.const 3", "bad_output")]
    {
        let text = format!(
            r#"(module (memory (export "memory") 1)
                (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) {realloc})
                (func (export "stoa:promotion/discounts@0.2.0#run") (param i32) (result i32) i32.const 0))"#
        );
        assert_eq!(shop.contains(&guest::of_text(&text)), code, "{realloc}");
    }
}

/// One that traps on every second cart takes no slot with it: there are thirty-two, and it traps five hundred times.
#[test]
fn a_plugin_that_traps_every_second_call_answers_the_others() {
    // The settings are one digit: odd ones trap.
    let body = format!(
        "(if (i32.and (i32.load8_u (i32.load offset={} (local.get $input))) (i32.const 1)) (then unreachable)) i32.const 0",
        guest::SETTINGS_AT
    );
    let shop = Shop::new();
    let (moody, honest) = (shop.load(&guest::running(&body)), shop.load(&sample()));
    for call in 0..1_000 {
        let settings = (call % 10).to_string();
        let answer = moody.run(promotion(&id(), &settings), &cart("en", 2), Limits::default());
        match call % 2 {
            0 => assert!(answer.unwrap().proposal.operations.is_empty()),
            _ => assert_eq!(answer.unwrap_err().code(), "trapped"),
        }
        if call % 100 == 99 {
            let run = honest.run(promotion(&id(), SETTINGS), &cart("en", 4), Limits::default()).unwrap();
            assert_eq!(run.proposal.operations, proposed_for_four());
        }
    }
}
