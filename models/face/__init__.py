"""Face detection, landmarks, recognition and presentation-attack detection."""
