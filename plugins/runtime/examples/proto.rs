use std::time::Instant;
use stoa_plugin_runtime::*;
fn main() {
    let (sign, verify) = generate_keys().unwrap();
    let engine = Engine::new().unwrap();
    let t = Instant::now();
    let e = script::compile_engine(&engine, &sign).unwrap();
    println!("engine compile {:?} artefact {} bytes", t.elapsed(), e.bytes.len());
    let t = Instant::now();
    engine.add_script_engine(&e.bytes, &verify, &e.digest).unwrap();
    println!("engine load {:?}", t.elapsed());
    let js = std::fs::read_to_string(std::env::args().nth(1).unwrap()).unwrap();
    let input: PromotionInput = serde_json::from_slice(&std::fs::read(std::env::args().nth(2).unwrap()).unwrap()).unwrap();
    let settings = std::fs::read_to_string(std::env::args().nth(3).unwrap()).unwrap();
    let mut wasm = b"\0asm\x01\0\0\0".to_vec();
    let name = script::SECTION;
    let leb = |mut n: usize| { let mut v = vec![]; loop { let b = (n & 127) as u8; n >>= 7; if n > 0 { v.push(b | 128) } else { v.push(b); return v } } };
    let mut body = leb(name.len()); body.extend(name.bytes()); body.extend(js.bytes());
    wasm.push(0); wasm.extend(leb(body.len())); wasm.extend(body);
    let t = Instant::now();
    let a = script::compile(&engine, &wasm, &sign).unwrap();
    println!("script compile {:?} artefact {} bytes of {} source", t.elapsed(), a.bytes.len(), js.len());
    let t = Instant::now();
    let s = script::Script::load(&engine, &a.bytes, &verify, &a.digest).unwrap();
    println!("script load {:?}", t.elapsed());
    let id = stoa_domain::PromotionId::new("x").unwrap();
    let p = Promotion { id: &id, title: "t", settings: &settings };
    let r = s.run(p, &input, Limits::default());
    println!("{r:?}");
    let mut times = vec![];
    for _ in 0..3000 { let t = Instant::now(); let _ = s.run(p, &input, Limits::default()).unwrap(); times.push(t.elapsed()); }
    times.sort();
    println!("p50 {:?} p99 {:?}", times[1500], times[2970]);
}
