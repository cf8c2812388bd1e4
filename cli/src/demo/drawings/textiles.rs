//! Cloth: folded, plumped, hung or spread.

use super::super::paint::{Canvas, Colour, boxed};
use super::pattern::decorate;
use super::{Look, Pattern};

/// One folded layer with a rounded fold on the left, `h` thick, its foot at `y`.
fn fold(c: &mut Canvas, (x, y, w, h): (f32, f32, f32, f32), colour: Colour, l: &Look) {
    let r = h / 2.0;
    let d = format!(
        "M{} {}H{}Q{} {} {} {}T{} {y}H{}A{r} {r} 0 0 1 {} {}Z",
        x + r,
        y - h,
        x + w - 8.0,
        x + w + 5.0,
        y - h * 0.8,
        x + w,
        y - h * 0.5,
        x + w - 4.0,
        x + r,
        x + r,
        y - h
    );
    let fill = c.gradient(
        (0.0, 0.0, 0.0, 1.0),
        &[
            (0.0, colour.light(0.26), 1.0),
            (0.3, colour.light(0.06), 1.0),
            (0.8, colour.dark(0.1), 1.0),
            (1.0, colour.dark(0.34), 1.0),
        ],
    );
    c.path(&d, fill);
    decorate(c, &d, (x, y - h, w, h.max(w * 0.16)), &Look { colour, ..*l }, 0.0);
    c.line(&format!("M{} {}H{}", x + r * 0.9, y - h * 0.48, x + w - 14.0), colour.dark(0.34), 2.4);
    let edge = c.gradient(
        (0.0, 0.0, 1.0, 0.0),
        &[(0.0, colour.dark(0.5), 0.3), (0.12, colour, 0.0), (0.85, colour, 0.0), (1.0, colour.dark(0.5), 0.25)],
    );
    c.path(&d, edge);
}

pub(super) fn throw(c: &mut Canvas, l: &Look) {
    let w = 430.0 * l.wide;
    for (i, y) in [0.0, -62.0, -124.0].into_iter().enumerate() {
        fold(c, (-w / 2.0 + i as f32 * 4.0, y, w - i as f32 * 9.0, 62.0), l.colour, l);
    }
    // The last corner falls over the front with its fringe.
    let d = format!("M{} -186Q40 -196 {} -184L{} -34Q70 -22 -36 -30Z", -30.0, w / 2.0 - 26.0, w / 2.0 - 40.0);
    let drape = c.flat(l.colour.light(0.06));
    c.group(r#"transform="translate(-6 5)" opacity="0.25""#, |c| c.path(&d, Colour::INK));
    c.path(&d, drape);
    decorate(c, &d, (-40.0, -190.0, w / 2.0 + 20.0, 170.0), l, 0.0);
    let fringe: String = (0..26)
        .map(|i| {
            format!(
                "M{} -31q{} 16 {} 30",
                -30.0 + i as f32 * (w / 2.0 - 14.0) / 26.0,
                if i % 2 == 0 { 3 } else { -3 },
                if i % 3 == 0 { 2 } else { -1 }
            )
        })
        .collect();
    c.line(&fringe, l.colour.light(0.2), 3.0);
}

pub(super) fn cushion(c: &mut Canvas, l: &Look) {
    let (w, h) = (205.0 * l.wide, 390.0 * l.tall);
    let d = format!(
        "M{a} {b}Q0 {e} {w} {b}Q{f} {m} {w} -8Q0 10 {a} -8Q{g} {m} {a} {b}Z",
        a = -w,
        b = -h,
        e = -h + 34.0,
        m = -h / 2.0,
        f = w - 26.0,
        g = -w + 26.0
    );
    let fill = c.radial(&[(0.0, l.colour.light(0.2), 1.0), (0.6, l.colour, 1.0), (1.0, l.colour.dark(0.22), 1.0)]);
    c.path(&d, fill);
    decorate(c, &d, (-w, -h, 2.0 * w, h), l, 0.0);
    let shade = c.gradient(
        (0.1, 0.0, 0.9, 1.0),
        &[(0.0, Colour::WHITE, 0.16), (0.5, l.colour, 0.0), (1.0, l.colour.dark(0.7), 0.3)],
    );
    c.path(&d, shade);
    c.line(&d, l.accent.mix(l.colour, 0.4).dark(0.2), 4.0);
    c.line(
        &format!("M{} {}q26 30 20 76M{} {}q-26 30-20 76", -w + 10.0, -h + 8.0, w - 10.0, -h + 8.0),
        l.colour.dark(0.28),
        2.4,
    );
}

pub(super) fn pillow(c: &mut Canvas, l: &Look) {
    for (y, s, colour) in [(0.0, 1.0, l.colour), (-104.0, 0.95, l.colour.light(0.12))] {
        c.group(&format!(r#"transform="translate(0 {y}) scale({s} 1)""#), |c| {
            let d = "M-262-78Q-282-130-236-122Q0-168 236-122Q282-130 262-78Q284-6 240-6Q0 26-240-6Q-284-6-262-78Z";
            let fill = c.gradient(
                (0.0, 0.0, 0.1, 1.0),
                &[(0.0, colour.light(0.35), 1.0), (0.5, colour, 1.0), (1.0, colour.dark(0.3), 1.0)],
            );
            c.path(d, fill);
            decorate(c, d, (-280.0, -150.0, 560.0, 170.0), &Look { colour, ..*l }, 0.0);
            c.line("M-250-68Q-200-58-176-74M250-68Q200-58 176-74M-238-22Q-190-30-170-46", colour.dark(0.28), 2.6);
            c.line("M-252-76Q0-58 252-76", colour.dark(0.16), 1.6);
        });
    }
}

pub(super) fn bedding(c: &mut Canvas, l: &Look) {
    let w = 470.0 * l.wide;
    fold(c, (-w / 2.0, 0.0, w, 92.0), l.colour, l);
    fold(c, (-w / 2.0 + 6.0, -92.0, w - 14.0, 80.0), l.colour, l);
    fold(c, (-w / 2.0 + 14.0, -172.0, w - 34.0, 46.0), l.accent, &Look { pattern: Pattern::Plain, ..*l });
    fold(c, (-w / 2.0 + 20.0, -218.0, w - 50.0, 42.0), l.colour, &Look { pattern: Pattern::Plain, ..*l });
    // A cotton ribbon, tied.
    let band = c.gradient((0.0, 0.0, 0.0, 1.0), &[(0.0, l.accent.light(0.3), 1.0), (1.0, l.accent.dark(0.15), 1.0)]);
    c.rect((-16.0, -262.0, 32.0, 264.0), 3.0, &band);
    c.path("M0-262Q-66-318-92-274Q-72-244 0-258Q72-244 92-274Q66-318 0-262Z", &band);
    c.ellipse(0.0, -264.0, 15.0, 11.0, l.accent.dark(0.1));
}

pub(super) fn towels(c: &mut Canvas, l: &Look) {
    let w = 360.0 * l.wide;
    for (i, y) in [0.0, -88.0, -176.0].into_iter().enumerate() {
        let colour = if i == 1 { l.accent } else { l.colour };
        fold(
            c,
            (-w / 2.0 + i as f32 * 7.0, y, w - i as f32 * 16.0, 86.0),
            colour,
            &Look { accent: if i == 1 { l.colour } else { l.accent }, ..*l },
        );
    }
    // A rolled one on top.
    let roll = c.round(l.colour);
    c.group(r#"transform="translate(-16 -262)""#, |c| {
        let body = c.gradient(
            (0.0, 0.0, 0.0, 1.0),
            &[(0.0, l.colour.light(0.3), 1.0), (0.5, l.colour, 1.0), (1.0, l.colour.dark(0.35), 1.0)],
        );
        c.rect((-120.0, -92.0, 230.0, 92.0), 42.0, body);
        c.ellipse(106.0, -46.0, 30.0, 46.0, roll);
        c.line("M106-76a20 30 0 1 1-14 50a12 19 0 1 1 14-34a6 9 0 0 1 2 14", l.colour.dark(0.34), 3.4);
    });
}

pub(super) fn rug(c: &mut Canvas, l: &Look) {
    let (w, h) = (215.0 * l.wide, 620.0 * l.tall);
    let area = (-w, -h, 2.0 * w, h);
    for y in [-h, 0.0] {
        let fringe: String = (0..44)
            .map(|i| {
                format!("M{} {y}v{}", -w + 5.0 + i as f32 * (2.0 * w - 10.0) / 43.0, if y < 0.0 { -24 } else { 24 })
            })
            .collect();
        c.line(&fringe, l.colour.light(0.45), 3.0);
    }
    c.group(r#"transform="translate(7 9)" opacity="0.3""#, |c| c.path(&boxed(area), Colour::INK));
    let fill = c.flat(l.colour);
    c.path(&boxed(area), fill);
    decorate(c, &boxed(area), area, l, 0.0);
    for (inset, wide) in [(20.0, 8.0), (40.0, 3.0)] {
        let d = boxed((-w + inset, -h + inset, 2.0 * (w - inset), h - 2.0 * inset));
        c.line(&d, l.accent, wide);
    }
    decorate(c, &boxed(area), area, &Look { pattern: Pattern::Weave, ..*l }, 0.0);
}

pub(super) fn napkins(c: &mut Canvas, l: &Look) {
    for (x, y, turn, colour) in [(-40.0, -290.0, -9.0, l.accent), (34.0, -320.0, 6.0, l.colour)] {
        c.group(&format!(r#"transform="translate({x} {y}) rotate({turn})""#), |c| {
            let area = (-175.0 * l.wide, -175.0, 350.0 * l.wide, 350.0);
            c.group(r#"transform="translate(7 9)" opacity="0.25""#, |c| c.path(&boxed(area), Colour::INK));
            let fill = c.flat(colour);
            c.path(&boxed(area), fill);
            decorate(
                c,
                &boxed(area),
                area,
                &Look { colour, accent: if colour == l.accent { l.colour } else { l.accent }, ..*l },
                0.0,
            );
            c.line(&format!("M0 {}V{}M{} 0H{}", area.1, -area.1, area.0, -area.0), colour.dark(0.2), 2.0);
            let hem = boxed((area.0 + 12.0, area.1 + 12.0, area.2 - 24.0, area.3 - 24.0));
            c.line(&hem, colour.dark(0.18), 1.6);
        });
    }
}

pub(super) fn runner(c: &mut Canvas, l: &Look) {
    c.group(r#"transform="translate(0 -310) rotate(18) translate(0 310)""#, |c| {
        rug(c, &Look { wide: 0.62 * l.wide, tall: 1.06 * l.tall, ..*l });
    });
}

/// A wooden peg on the wall at (0, y).
fn peg(c: &mut Canvas, y: f32, l: &Look) {
    let head = c.radial(&[(0.0, l.wood.light(0.4), 1.0), (1.0, l.wood.dark(0.2), 1.0)]);
    c.group(r#"opacity="0.3""#, |c| c.ellipse(12.0, y + 12.0, 24.0, 24.0, Colour::INK));
    c.ellipse(0.0, y, 22.0, 22.0, head);
}

pub(super) fn tea_towel(c: &mut Canvas, l: &Look) {
    let w = 165.0 * l.wide;
    let d = format!(
        "M-26 -560Q0 -580 26 -560Q{} -470 {w} -430V-40Q{} -26 {} -36T0 -36T{} -36Q{} -26 {} -40V-430Q{} -470 -26 -560Z",
        w * 0.5,
        w * 0.8,
        w * 0.5,
        -w * 0.5,
        -w * 0.8,
        -w,
        -w * 0.5
    );
    let fill = c.gradient(
        (0.0, 0.0, 1.0, 0.0),
        &[
            (0.0, l.colour.dark(0.1), 1.0),
            (0.25, l.colour.light(0.2), 1.0),
            (0.45, l.colour.dark(0.06), 1.0),
            (0.7, l.colour.light(0.14), 1.0),
            (1.0, l.colour.dark(0.2), 1.0),
        ],
    );
    c.path(&d, fill);
    decorate(c, &d, (-w, -560.0, 2.0 * w, 530.0), l, 0.0);
    c.clip(&d, |c| {
        c.group(r#"opacity="0.2""#, |c| {
            for x in [-0.55, 0.02, 0.5] {
                c.path(
                    &format!(
                        "M0 -560Q{a} -440 {a} -30h{b}Q{e} -440 0 -560Z",
                        a = w * x,
                        b = w * 0.16,
                        e = w * x + w * 0.1
                    ),
                    Colour::INK,
                );
            }
        })
    });
    peg(c, -562.0, l);
}

pub(super) fn apron(c: &mut Canvas, l: &Look) {
    let w = 170.0 * l.wide;
    c.line("M-74-480C-60-610 60-610 74-480", l.accent.dark(0.1), 11.0);
    let d = format!("M-76 -490H76Q90 -380 {w} -330V-10Q0 6 {} -10V-330Q-90 -380 -76 -490Z", -w);
    let fill = c.gradient(
        (0.0, 0.0, 1.0, 0.25),
        &[
            (0.0, l.colour.light(0.1), 1.0),
            (0.35, l.colour.light(0.16), 1.0),
            (0.6, l.colour, 1.0),
            (1.0, l.colour.dark(0.24), 1.0),
        ],
    );
    c.path(&d, fill);
    decorate(c, &d, (-w, -490.0, 2.0 * w, 490.0), l, 0.0);
    c.line(&format!("M{w} -322q46 60 20 150M{} -322q-46 60-20 150", -w), l.accent.dark(0.1), 9.0);
    let pocket = boxed((-100.0, -240.0, 200.0, 120.0));
    c.path(&pocket, l.colour.dark(0.07));
    c.line(&pocket, l.colour.light(0.35), 2.6);
    c.line("M0-240V-120M-72-470H72", l.colour.light(0.35), 2.4);
    c.line("M-80-320Q-96-180-88-14M92-300Q84-160 104-20", l.colour.dark(0.22), 3.0);
    peg(c, -580.0, l);
}

pub(super) fn robe(c: &mut Canvas, l: &Look) {
    let body = "M-60-560Q0-590 60-560L128-520Q190-360 212-190L140-170L112-330L130-6Q0 10-130-6L-112-330L-140-170L-212-190Q-190-360-128-520Z";
    let fill = c.gradient(
        (0.0, 0.0, 1.0, 0.15),
        &[
            (0.0, l.colour.light(0.06), 1.0),
            (0.35, l.colour.light(0.24), 1.0),
            (0.6, l.colour, 1.0),
            (1.0, l.colour.dark(0.24), 1.0),
        ],
    );
    c.path(body, fill);
    decorate(c, body, (-212.0, -570.0, 424.0, 570.0), l, 0.0);
    c.line("M-46-566Q-20-420 16-300L8-4", l.accent.mix(l.colour, 0.3), 24.0);
    c.line("M46-566Q36-440 16-300", l.accent.mix(l.colour, 0.3), 24.0);
    let belt = c.flat(l.accent);
    c.path("M-118-300Q0-280 118-300V-264Q0-244-118-264Z", &belt);
    c.path("M8-290l34 4l30 130l-32 6Z", &belt);
    c.path("M0-290l-20 4l-36 110l30 8Z", &belt);
    c.line("M-72-240V-20M78-236V-22M-130-500Q-150-380-146-200M140-480Q150-380 146-200", l.colour.dark(0.2), 2.6);
    peg(c, -584.0, l);
}
