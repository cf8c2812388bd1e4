//! Chairs, tables, shelves and baskets.

use super::super::paint::{Canvas, Colour, TILT, turned};
use super::kitchen::wood;
use super::pattern::{decorate, vessel};
use super::{Look, Pattern};

/// A turned leg from (x1, y1) to (x2, 0).
fn leg(c: &mut Canvas, x1: f32, y1: f32, x2: f32, y2: f32, thick: f32, colour: Colour) {
    let (a, b) = (thick / 2.0, thick * 0.34);
    let fill = c.gradient(
        (0.0, 0.0, 1.0, 0.0),
        &[(0.0, colour.light(0.22), 1.0), (0.45, colour, 1.0), (1.0, colour.dark(0.32), 1.0)],
    );
    c.path(&format!("M{} {y1}H{}L{} {y2}H{}Z", x1 - a, x1 + a, x2 + b, x2 - b), fill);
}

pub(super) fn chair(c: &mut Canvas, l: &Look) {
    let wd = l.wood;
    leg(c, -112.0, -250.0, -132.0, -34.0, 24.0, wd.dark(0.28));
    leg(c, 128.0, -250.0, 146.0, -34.0, 24.0, wd.dark(0.28));
    // Back posts, rail and spindles.
    leg(c, -118.0, -590.0, -112.0, -240.0, 23.0, wd);
    leg(c, 132.0, -590.0, 126.0, -240.0, 23.0, wd.dark(0.1));
    if l.seed.is_multiple_of(2) {
        for i in 0..5 {
            let x = -72.0 + i as f32 * 39.0;
            leg(c, x, -560.0, x * 0.96, -250.0, 12.0, wd.dark(0.06));
        }
    } else {
        wood(c, "M-116-480Q7-510 130-480V-400Q7-430-116-400Z", (-116.0, -500.0, 246.0, 90.0), wd.dark(0.04), true);
    }
    wood(
        c,
        "M-134-600Q7-640 148-600Q154-560 146-540Q7-578-132-540Q-140-560-134-600Z",
        (-134.0, -620.0, 288.0, 80.0),
        wd,
        true,
    );
    leg(c, -146.0, -250.0, -168.0, 0.0, 27.0, wd);
    leg(c, 140.0, -250.0, 164.0, 0.0, 27.0, wd.dark(0.06));
    c.line("M-156-110H152", wd.dark(0.2), 11.0);
    let seat = "M-172-262Q-176-290-140-296H136Q172-290 170-262Q170-234 140-234H-142Q-172-234-172-262Z";
    if l.pattern == Pattern::Plain {
        wood(c, seat, (-176.0, -296.0, 350.0, 62.0), wd.light(0.08), true);
    } else {
        let fill = c.gradient(
            (0.0, 0.0, 0.0, 1.0),
            &[(0.0, l.colour.light(0.25), 1.0), (0.6, l.colour, 1.0), (1.0, l.colour.dark(0.3), 1.0)],
        );
        c.path(seat, fill);
        decorate(c, seat, (-176.0, -296.0, 350.0, 62.0), l, 0.0);
    }
}

pub(super) fn stool(c: &mut Canvas, l: &Look) {
    let (w, t) = (l.wide, l.tall);
    let h = 380.0 * t;
    leg(c, -70.0 * w, -h, -96.0 * w, -30.0, 22.0, l.wood.dark(0.3));
    leg(c, 74.0 * w, -h, 100.0 * w, -30.0, 22.0, l.wood.dark(0.3));
    c.line(&format!("M{} {y}H{}", -126.0 * w, 126.0 * w, y = -h * 0.34), l.wood.dark(0.18), 13.0);
    leg(c, -112.0 * w, -h, -152.0 * w, 0.0, 27.0, l.wood);
    leg(c, 112.0 * w, -h, 152.0 * w, 0.0, 27.0, l.wood.dark(0.05));
    let r = 168.0 * w;
    let seat = [(r, -h - 26.0), (r, -h - 10.0), (r * 0.96, -h + 10.0)];
    let side = if l.pattern == Pattern::Plain { l.wood } else { l.colour };
    vessel(c, &seat, &Look { colour: side, pattern: Pattern::Plain, ..*l }, None);
    let face = c.gradient((0.0, 0.0, 1.0, 1.0), &[(0.0, side.light(0.32), 1.0), (1.0, side.light(0.02), 1.0)]);
    c.ellipse(0.0, -h - 26.0, r, r * TILT, face);
    let ring = format!("M{} {y}A{r} {ry} 0 1 0 {r} {y}A{r} {ry} 0 1 0 {} {y}Z", -r, -r, y = -h - 26.0, ry = r * TILT);
    decorate(c, &ring, (-r, -h - 30.0 - r * TILT, 2.0 * r, 2.4 * r * TILT), &Look { colour: side, ..*l }, 0.0);
}

pub(super) fn side_table(c: &mut Canvas, l: &Look) {
    let h = 400.0 * l.tall;
    if l.seed.is_multiple_of(2) {
        let p = [(58.0, -h), (46.0, -h * 0.72), (58.0, -h * 0.4), (118.0, -30.0), (122.0, 0.0)];
        vessel(c, &p, l, None);
    } else {
        leg(c, 0.0, -h, 14.0, -44.0, 21.0, l.wood.dark(0.3));
        leg(c, -130.0, -h, -168.0, 0.0, 24.0, l.wood);
        leg(c, 130.0, -h, 168.0, 0.0, 24.0, l.wood.dark(0.06));
        c.ellipse(0.0, -h * 0.36, 128.0, 15.0, l.wood.dark(0.34));
        c.ellipse(0.0, -h * 0.36 - 8.0, 128.0, 14.0, l.wood.light(0.06));
    }
    let r = 216.0 * l.wide;
    let top = if l.seed.is_multiple_of(2) { l.colour } else { l.wood };
    vessel(
        c,
        &[(r, -h - 24.0), (r, -h - 12.0), (r * 0.97, -h)],
        &Look { colour: top, pattern: Pattern::Plain, ..*l },
        None,
    );
    let face = c.gradient((0.0, 0.0, 1.0, 0.8), &[(0.0, top.light(0.36), 1.0), (1.0, top.light(0.02), 1.0)]);
    c.ellipse(0.0, -h - 24.0, r, r * TILT, face);
    c.group(&format!(r#"transform="translate(-64 {}) scale(0.34)""#, -h - 24.0), |c| {
        super::table::vase(c, &Look { colour: l.accent, pattern: Pattern::Plain, tall: 1.0, wide: 1.0, seed: 2, ..*l });
    });
}

pub(super) fn bench(c: &mut Canvas, l: &Look) {
    for (x1, x2, y2, dark) in [
        (-190.0, -206.0, -30.0, 0.3),
        (196.0, 212.0, -30.0, 0.3),
        (-226.0, -250.0, 0.0, 0.0),
        (226.0, 250.0, 0.0, 0.08),
    ] {
        leg(c, x1, -240.0, x2, y2, 27.0, l.wood.dark(dark));
    }
    c.line("M-236-96H236", l.wood.dark(0.2), 13.0);
    let seat = "M-270-282H270Q282-282 282-268V-246Q282-236 270-236H-270Q-282-236-282-246V-268Q-282-282-270-282Z";
    if l.pattern == Pattern::Plain {
        wood(c, seat, (-282.0, -282.0, 564.0, 46.0), l.wood.light(0.06), true);
    } else {
        let fill =
            c.gradient((0.0, 0.0, 0.0, 1.0), &[(0.0, l.colour.light(0.2), 1.0), (1.0, l.colour.dark(0.25), 1.0)]);
        c.path(seat, fill);
        decorate(c, seat, (-282.0, -282.0, 564.0, 46.0), l, 0.0);
    }
    c.group(r#"transform="translate(-120 -282) scale(0.5)""#, |c| {
        super::textiles::throw(c, &Look { colour: l.accent, pattern: Pattern::Plain, wide: 0.8, ..*l });
    });
}

pub(super) fn shelf(c: &mut Canvas, l: &Look) {
    let h = 600.0 * l.tall;
    leg(c, -170.0, -h, -170.0, -20.0, 20.0, l.wood.dark(0.3));
    leg(c, 170.0, -h, 170.0, -20.0, 20.0, l.wood.dark(0.3));
    for (i, y) in [-h * 0.06, -h * 0.37, -h * 0.68, -h * 0.97].into_iter().enumerate() {
        wood(
            c,
            &format!("M-200 {}H200L214 {y}V{}H-214V{y}Z", y - 16.0, y + 14.0),
            (-214.0, y - 16.0, 428.0, 30.0),
            l.wood,
            true,
        );
        let look = Look { colour: l.accent, tall: 1.0, wide: 1.0, ..*l };
        let (x, s) = ([-90.0, 84.0, -60.0, 96.0][i], 0.3);
        c.group(&format!(r#"transform="translate({x} {y}) scale({s})""#), |c| match i {
            0 => basket(c, &Look { colour: l.wood.light(0.2), ..look }),
            1 => super::table::jug(c, &look),
            2 => super::table::bowl(c, &Look { accent: l.colour, ..look }),
            _ => super::table::vase(c, &Look { seed: 1, colour: l.colour, ..look }),
        });
        if i == 2 {
            for (b, tone) in [0.0, 0.25, 0.1, 0.4].into_iter().enumerate() {
                let tall = 96.0 - (b % 3) as f32 * 12.0;
                c.rect(
                    (60.0 + b as f32 * 25.0, y - tall - 6.0, 22.0, tall),
                    2.0,
                    l.colour.mix(l.accent, tone * 2.0).dark(0.1),
                );
            }
        }
    }
    leg(c, -206.0, -h - 20.0, -206.0, 0.0, 23.0, l.wood);
    leg(c, 206.0, -h - 20.0, 206.0, 0.0, 23.0, l.wood.dark(0.08));
}

pub(super) fn basket(c: &mut Canvas, l: &Look) {
    let (w, t) = (l.wide, l.tall);
    let p = [(206.0, -260.0), (212.0, -160.0), (192.0, -40.0), (166.0, 0.0)].map(|(r, y)| (r * w, y * t));
    for s in [-1.0, 1.0] {
        let x = 150.0 * w * s;
        let d = format!(
            "M{} {y}C{} {u} {} {u} {} {y}",
            x - 44.0,
            x - 52.0,
            x + 52.0,
            x + 44.0,
            y = -262.0 * t,
            u = -350.0 * t
        );
        c.line(&d, l.wood.dark(0.2), 15.0);
        c.group(r#"transform="translate(-2 -2)""#, |c| c.line(&d, l.wood.light(0.16), 7.0));
    }
    vessel(c, &p, l, Some(l.colour.dark(0.35)));
    let d = turned(&p);
    c.clip(&d, |c| {
        // Plaited rows: short slanted strokes, every other row the other way.
        c.group(r#"opacity="0.5""#, |c| {
            for row in 0..(13.0 * t) as i32 {
                let y = -262.0 * t + row as f32 * 22.0 + 10.0;
                let strokes: String = (0..26)
                    .map(|i| {
                        let u = (i as f32 + if row % 2 == 0 { 0.0 } else { 0.5 }) / 13.0 - 1.0;
                        let x = 214.0 * w * (u * std::f32::consts::FRAC_PI_2).sin();
                        let sag = 214.0 * w * TILT * (1.0 - u * u).max(0.0).sqrt();
                        format!("M{x} {}q7 -9 15 -4", y + sag)
                    })
                    .collect();
                c.line(&strokes, l.colour.dark(0.5), 6.0);
                c.group(r#"transform="translate(0 6)""#, |c| c.line(&strokes, l.colour.light(0.6), 4.0));
            }
        });
    });
    let rim = format!("M{} {y}A{r} {ry} 0 0 0 {r} {y}", -p[0].0, r = p[0].0, y = p[0].1, ry = p[0].0 * TILT);
    c.line(&rim, l.colour.dark(0.25), 15.0);
    c.group(r#"transform="translate(0 -3)""#, |c| c.line(&rim, l.colour.light(0.25), 7.0));
}

pub(super) fn toy_crate(c: &mut Canvas, l: &Look) {
    for i in 0..3 {
        let y = -68.0 - i as f32 * 76.0;
        wood(
            c,
            &format!("M-230 {y}H230V{}H-230Z", y + 66.0),
            (-230.0, y, 460.0, 66.0),
            l.wood.light(0.04 * i as f32),
            true,
        );
    }
    for x in [-236.0, 204.0] {
        let post = c.gradient((0.0, 0.0, 1.0, 0.0), &[(0.0, l.wood.light(0.2), 1.0), (1.0, l.wood.dark(0.25), 1.0)]);
        c.rect((x, -236.0, 32.0, 236.0), 3.0, post);
    }
    c.rect((-62.0, -200.0, 124.0, 30.0), 15.0, l.wood.dark(0.6));
    let rope = "M-62-190C-70-120 70-120 62-190";
    c.line(rope, l.accent.dark(0.2), 12.0);
    c.group(r#"transform="translate(-1 -2)""#, |c| c.line(rope, l.accent.light(0.25), 6.0));
}
