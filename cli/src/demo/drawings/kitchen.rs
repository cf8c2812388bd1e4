//! Cook's things: pots, boards, knives, mills, and what lies in the drawer.

use super::super::paint::{Canvas, Colour};
use super::pattern::{decorate, vessel};
use super::{Look, Pattern};

/// Long-grained wood in a path: flat shading and a few drawn rings.
pub(super) fn wood(c: &mut Canvas, d: &str, (x, y, w, h): (f32, f32, f32, f32), colour: Colour, along_x: bool) {
    let fill = c.flat(colour);
    c.path(d, fill);
    c.clip(d, |c| {
        c.group(r#"opacity="0.24""#, |c| {
            let lines: String = (1..9)
                .map(|i| {
                    let t = i as f32 / 9.0;
                    let bend = if i % 2 == 0 { 7.0 } else { -5.0 };
                    if along_x {
                        format!("M{x} {}q{} {bend} {} 0t{} 0", y + h * t, w / 4.0, w / 2.0, w / 2.0)
                    } else {
                        format!("M{} {y}q{bend} {} 0 {}t0 {}", x + w * t, h / 4.0, h / 2.0, h / 2.0)
                    }
                })
                .collect();
            c.line(&lines, colour.dark(0.55), 2.2);
        });
    });
}

pub(super) fn casserole(c: &mut Canvas, l: &Look) {
    let p = [(190.0, -180.0), (192.0, -90.0), (180.0, -18.0), (160.0, 0.0)].map(|(r, y)| (r * l.wide, y * l.tall));
    let ear = c.round(l.colour.dark(0.12));
    for x in [-238.0, 178.0] {
        c.rect((x * l.wide, -158.0 * l.tall, 60.0, 30.0), 14.0, &ear);
    }
    vessel(c, &p, l, None);
    let lid =
        [(46.0, -256.0), (130.0, -236.0), (198.0, -196.0), (198.0, -176.0)].map(|(r, y)| (r * l.wide, y * l.tall));
    vessel(c, &lid, &Look { pattern: Pattern::Plain, ..*l }, None);
    let knob = c.metal(l.metal);
    c.rect((-11.0, -282.0 * l.tall, 22.0, 26.0), 4.0, &knob);
    c.ellipse(0.0, -286.0 * l.tall, 32.0, 15.0, &knob);
}

pub(super) fn kettle(c: &mut Canvas, l: &Look) {
    let p = [(70.0, -250.0), (116.0, -150.0), (142.0, -30.0), (136.0, 0.0)].map(|(r, y)| (r * l.wide, y * l.tall));
    c.line("M-120-60C-230-70-150-250-240-280", l.colour.dark(0.35), 24.0);
    c.group(r#"transform="translate(-3 -3)""#, |c| {
        c.line("M-120-60C-230-70-150-250-240-280", l.colour.light(0.1), 14.0)
    });
    c.line("M64-238C190-300 232-210 196-70", l.wood.dark(0.25), 30.0);
    c.group(r#"transform="translate(-3 -2)""#, |c| c.line("M64-238C190-300 232-210 196-70", l.wood.light(0.06), 19.0));
    vessel(c, &p, l, None);
    let lid = [(40.0, -276.0), (66.0, -266.0), (74.0, -250.0)];
    vessel(c, &lid, &Look { pattern: Pattern::Plain, ..*l }, None);
    let knob = c.round(l.wood);
    c.ellipse(0.0, -292.0, 18.0, 19.0, knob);
}

pub(super) fn mill(c: &mut Canvas, l: &Look) {
    for (dx, dy, s, colour) in [(92.0, -26.0, 0.9, l.accent), (-74.0, 0.0, 1.0, l.colour)] {
        c.group(&format!(r#"transform="translate({dx} {dy}) scale({s})""#), |c| {
            let look = Look { colour, ..*l };
            let body = [(46.0, -260.0), (34.0, -210.0), (44.0, -140.0), (64.0, -60.0), (70.0, 0.0)];
            vessel(c, &body, &look, None);
            let head = [(14.0, -392.0), (52.0, -366.0), (62.0, -320.0), (48.0, -270.0), (46.0, -262.0)];
            vessel(c, &head, &Look { pattern: Pattern::Plain, ..look }, None);
            let cap = c.metal(l.metal);
            c.ellipse(0.0, -396.0, 15.0, 13.0, &cap);
            c.rect((-46.0, -268.0, 92.0, 9.0), 3.0, &cap);
        });
    }
}

pub(super) fn utensils(c: &mut Canvas, l: &Look) {
    let grain = c.flat(l.wood);
    let dark = c.flat(l.wood.dark(0.18));
    c.group(r#"transform="rotate(-15 0 -150)""#, |c| {
        c.rect((-72.0, -470.0, 17.0, 330.0), 8.0, &grain);
        c.ellipse(-63.0, -480.0, 38.0, 58.0, &grain);
        c.ellipse(-63.0, -484.0, 25.0, 43.0, &dark);
    });
    c.group(r#"transform="rotate(3 0 -150)""#, |c| {
        c.rect((-8.0, -500.0, 17.0, 360.0), 8.0, &dark);
        c.path("M-36-580Q0-598 36-580L26-450Q0-438-26-450Z", &dark);
        for x in [-12.0, 6.0] {
            c.rect((x, -566.0, 6.0, 84.0), 3.0, l.wood.dark(0.5));
        }
    });
    c.group(r#"transform="rotate(17 0 -150)""#, |c| {
        c.rect((52.0, -460.0, 17.0, 320.0), 8.0, &grain);
        c.ellipse(60.0, -470.0, 33.0, 46.0, &grain);
    });
    let p = [(96.0, -230.0), (100.0, -120.0), (98.0, -16.0), (90.0, 0.0)].map(|(r, y)| (r * l.wide, y * l.tall));
    vessel(c, &p, l, None);
    let lip = format!("M{x} -230A{r} 12 0 0 0 {r} -230", x = -96.0 * l.wide, r = 96.0 * l.wide);
    c.line(&lip, l.colour.light(0.4), 5.0);
}

pub(super) fn tray(c: &mut Canvas, l: &Look) {
    let (rx, ry) = (240.0 * l.wide, 62.0 * l.tall);
    c.ellipse(0.0, -26.0, rx, ry, l.wood.dark(0.45));
    let side = c.round(l.wood.dark(0.1));
    c.path(&format!("M{} -64A{rx} {ry} 0 0 0 {rx} -64V-34A{rx} {ry} 0 0 1 {} -34Z", -rx, -rx), side);
    c.ellipse(0.0, -64.0, rx, ry, l.wood.light(0.12));
    let floor = c.gradient(
        (0.0, 0.0, 1.0, 0.6),
        &[(0.0, l.wood.dark(0.3), 1.0), (0.4, l.wood, 1.0), (1.0, l.wood.light(0.1), 1.0)],
    );
    c.ellipse(0.0, -58.0, rx - 12.0, ry - 9.0, floor);
    c.group(r#"transform="translate(-60 -58) scale(0.42)""#, |c| super::table::teapot(c, &Look { seed: 1, ..*l }));
    c.group(r#"transform="translate(104 -44) scale(0.36)""#, |c| super::table::cup(c, l));
}

pub(super) fn bread_bin(c: &mut Canvas, l: &Look) {
    let body = c.gradient(
        (0.0, 0.0, 0.0, 1.0),
        &[(0.0, l.colour.light(0.25), 1.0), (0.4, l.colour, 1.0), (1.0, l.colour.dark(0.3), 1.0)],
    );
    let d = "M-230 0V-150Q-230-214-166-214H166Q230-214 230-150V0Q230 6 224 6H-224Q-230 6-230 0Z";
    c.path(d, body);
    decorate(c, d, (-230.0, -190.0, 460.0, 196.0), l, 0.0);
    wood(c, "M-240-206Q-240-230-216-230H216Q240-230 240-206V-196H-240Z", (-240.0, -230.0, 480.0, 34.0), l.wood, true);
    c.rect((-66.0, -128.0, 132.0, 34.0), 17.0, l.colour.dark(0.55));
    c.rect((-60.0, -124.0, 120.0, 28.0), 14.0, l.colour.dark(0.35));
}

pub(super) fn board(c: &mut Canvas, l: &Look) {
    let (w, h) = (150.0 * l.wide, 380.0 * l.tall);
    let top = -h - 150.0;
    let d = format!(
        "M{a} {b}Q{a} {e} {f} {e}H-30V{g}Q-30 {top} 0 {top}Q30 {top} 30 {g}V{e}H{i}Q{w} {e} {w} {b}V-40Q{w} 0 {i} 0H{f}Q{a} 0 {a} -40Z",
        a = -w,
        b = -h + 44.0,
        e = -h,
        f = -w + 44.0,
        g = top + 30.0,
        i = w - 44.0
    );
    c.group(r#"transform="translate(10 12)" opacity="0.9""#, |c| c.path(&d, l.wood.dark(0.4)));
    wood(c, &d, (-w, top, 2.0 * w, -top), l.wood, false);
    c.ellipse(0.0, top + 38.0, 13.0, 13.0, l.wood.dark(0.55));
    if l.pattern == Pattern::Band {
        c.clip(&d, |c| c.rect((-w, -h * 0.32, 2.0 * w, 52.0), 0.0, l.wood.dark(0.42)));
    }
}

pub(super) fn knife(c: &mut Canvas, l: &Look) {
    c.group(r#"transform="translate(0 -300) rotate(-32) scale(1.16)""#, |c| {
        let steel = c.gradient(
            (0.0, 0.0, 0.0, 1.0),
            &[
                (0.0, l.metal.light(0.2), 1.0),
                (0.52, l.metal.light(0.62), 1.0),
                (0.56, l.metal.dark(0.08), 1.0),
                (1.0, l.metal.light(0.5), 1.0),
            ],
        );
        let (tip, belly) = (-300.0 * l.wide, 42.0 * l.tall);
        c.path(
            &format!("M30 -34L{} -30Q{tip} -18 {tip} -8Q{} {belly} 0 {belly}L30 {belly}Z", tip + 120.0, tip * 0.55),
            steel,
        );
        let bolster = c.metal(l.metal.dark(0.1));
        c.rect((24.0, -36.0, 26.0, 52.0), 5.0, bolster);
        wood(c, "M48-34H230Q262-34 262-4Q262 26 236 26Q180 4 48 16Z", (48.0, -36.0, 214.0, 64.0), l.wood, true);
        for x in [84.0, 142.0, 200.0] {
            c.ellipse(x, -9.0, 7.0, 7.0, l.metal.light(0.3));
        }
    });
}

pub(super) fn pan(c: &mut Canvas, l: &Look) {
    c.group(r#"transform="translate(-20 -330) rotate(38)""#, |c| {
        let grip = c.gradient((0.0, 0.0, 0.0, 1.0), &[(0.0, l.wood.light(0.2), 1.0), (1.0, l.wood.dark(0.3), 1.0)]);
        c.rect((170.0, -15.0, 60.0, 30.0), 6.0, l.metal.dark(0.3));
        c.rect((214.0, -22.0, 200.0, 44.0), 22.0, grip);
        c.ellipse(388.0, 0.0, 9.0, 9.0, l.wood.dark(0.6));
    });
    let rim = c.gradient((0.0, 0.0, 1.0, 1.0), &[(0.0, l.colour.light(0.4), 1.0), (1.0, l.colour.dark(0.4), 1.0)]);
    let well = c.gradient(
        (0.0, 0.0, 1.0, 1.0),
        &[(0.0, l.colour.dark(0.4), 1.0), (0.6, l.colour.dark(0.05), 1.0), (1.0, l.colour.light(0.14), 1.0)],
    );
    let floor = c.gradient((0.0, 0.0, 1.0, 1.0), &[(0.0, l.colour.light(0.2), 1.0), (1.0, l.colour.dark(0.12), 1.0)]);
    let r = 200.0 * l.wide;
    c.ellipse(-20.0, -330.0, r, r, rim);
    c.ellipse(-20.0, -330.0, r - 9.0, r - 9.0, well);
    c.ellipse(-16.0, -326.0, r - 42.0, r - 42.0, floor);
}

pub(super) fn cutlery(c: &mut Canvas, l: &Look) {
    // All of one metal, which is then the colour; or steel with coloured grips.
    let plain = l.pattern == Pattern::Plain;
    let tone = if plain { l.colour } else { l.metal };
    let steel = c.metal(tone);
    let grip = if plain { steel.clone() } else { c.flat(l.colour) };
    let t = l.tall;
    // Fork, knife, two spoons, side by side.
    c.path("M-176-520h10v110h9v-110h10v110h9v-110h10v130q0 36-20 44l-3 40h-12l-3-40q-20-8-20-44Z", &steel);
    c.path("M-62-540q34 20 34 150v66h-34Z", &steel);
    c.ellipse(66.0, -440.0, 38.0, 70.0, &steel);
    c.ellipse(64.0, -446.0, 25.0, 52.0, tone.light(0.35));
    c.ellipse(176.0, -400.0, 28.0, 50.0, &steel);
    c.ellipse(174.0, -404.0, 18.0, 36.0, tone.light(0.35));
    for (x, top) in [(-152.0, -316.0), (-45.0, -330.0), (66.0, -376.0), (176.0, -354.0)] {
        c.rect((x - 7.0, top, 14.0, -top - 220.0), 4.0, &steel);
        c.rect((x - 12.0, -250.0, 24.0, 250.0 * t), 12.0, &grip);
    }
}

pub(super) fn trowel(c: &mut Canvas, l: &Look) {
    c.group(r#"transform="translate(-6 -300) rotate(24)""#, |c| {
        let blade = c.metal(l.metal);
        c.path("M-62-40Q-66-200 0-300Q66-200 62-40Q30-14 0-14Q-30-14-62-40Z", blade);
        c.line("M0-270V-40", l.metal.dark(0.35), 4.0);
        let neck = c.metal(l.metal.dark(0.15));
        c.rect((-9.0, -22.0, 18.0, 96.0), 5.0, &neck);
        let grip = c.round(l.wood);
        c.path("M-20 64H20Q34 130 24 214Q22 250 0 252Q-22 250-24 214Q-34 130-20 64Z", grip);
        c.rect((-23.0, 60.0, 46.0, 16.0), 4.0, &neck);
        c.ellipse(0.0, 232.0, 6.0, 6.0, l.wood.dark(0.6));
    });
}
