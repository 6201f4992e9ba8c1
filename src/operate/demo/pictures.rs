//! Draws the demo's pixels: shaded ellipses, and text in a small bitmap font.

/// A grey picture of 16 bits a pixel.
pub(in crate::operate) struct Picture {
    pub width: usize,
    pub height: usize,
    pub pixels: Vec<u16>,
}

impl Picture {
    /// A picture of one grey.
    pub fn new(width: usize, height: usize, grey: u16) -> Picture {
        Picture { width, height, pixels: vec![grey; width * height] }
    }

    /// Fills an ellipse, given in parts of the picture (0 to 1), fading by `fade` towards its rim.
    pub fn ellipse(&mut self, center: (f32, f32), radius: (f32, f32), grey: u16, fade: u16) {
        for (index, pixel) in self.pixels.iter_mut().enumerate() {
            let x = ((index % self.width) as f32 / self.width as f32 - center.0) / radius.0;
            let y = ((index / self.width) as f32 / self.height as f32 - center.1) / radius.1;
            let distance = x * x + y * y;
            if distance <= 1.0 {
                *pixel = grey.saturating_sub((f32::from(fade) * distance) as u16);
            }
        }
    }

    /// Writes text with letters of `scale` × 7 pixels in height; letters that the font lacks are blank.
    pub fn write(&mut self, at: (usize, usize), scale: usize, grey: u16, text: &str) {
        for (number, letter) in text.chars().enumerate() {
            let rows = glyph(letter);
            for y in 0..7 * scale {
                for x in 0..5 * scale {
                    if rows[y / scale] >> (4 - x / scale) & 1 == 1 {
                        let (x, y) = (at.0 + number * 6 * scale + x, at.1 + y);
                        if x < self.width && y < self.height {
                            self.pixels[y * self.width + x] = grey;
                        }
                    }
                }
            }
        }
    }

    /// The pixels as 16-bit little endian.
    pub fn words(&self) -> Vec<u8> {
        self.pixels.iter().flat_map(|p| p.to_le_bytes()).collect()
    }

    /// The pixels as 8 bits.
    pub fn bytes(&self) -> Vec<u8> {
        self.pixels.iter().map(|p| u8::try_from(*p).unwrap_or(u8::MAX)).collect()
    }

    /// The pixels as red, green and blue, tinted like a retina.
    pub fn retina(&self) -> Vec<u8> {
        self.bytes().iter().flat_map(|p| [*p, p / 2, p / 4]).collect()
    }
}

/// Five columns by seven rows, a bit a pixel.
fn glyph(letter: char) -> [u8; 7] {
    match letter {
        '0' => [14, 17, 19, 21, 25, 17, 14],
        '1' => [4, 12, 4, 4, 4, 4, 14],
        '2' => [14, 17, 1, 2, 4, 8, 31],
        '3' => [31, 2, 4, 2, 1, 17, 14],
        '4' => [2, 6, 10, 18, 31, 2, 2],
        '5' => [31, 16, 30, 1, 1, 17, 14],
        '6' => [6, 8, 16, 30, 17, 17, 14],
        '7' => [31, 1, 2, 4, 8, 8, 8],
        '8' => [14, 17, 17, 14, 17, 17, 14],
        '9' => [14, 17, 17, 15, 1, 2, 12],
        'A' => [14, 17, 17, 31, 17, 17, 17],
        'D' => [30, 17, 17, 17, 17, 17, 30],
        'E' => [31, 16, 16, 30, 16, 16, 31],
        'H' => [17, 17, 17, 31, 17, 17, 17],
        'I' => [14, 4, 4, 4, 4, 4, 14],
        'K' => [17, 18, 20, 24, 20, 18, 17],
        'M' => [17, 27, 21, 21, 17, 17, 17],
        'N' => [17, 25, 21, 19, 17, 17, 17],
        'O' => [14, 17, 17, 17, 17, 17, 14],
        'R' => [30, 17, 17, 30, 20, 18, 17],
        'S' => [15, 16, 16, 14, 1, 1, 30],
        'T' => [31, 4, 4, 4, 4, 4, 4],
        'U' => [17, 17, 17, 17, 17, 17, 14],
        'Y' => [17, 17, 10, 4, 4, 4, 4],
        'Z' => [31, 1, 2, 4, 8, 16, 31],
        '-' => [0, 0, 0, 31, 0, 0, 0],
        _ => [0; 7],
    }
}
